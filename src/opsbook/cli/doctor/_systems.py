"""Each system: whether it is configured, what it lacks and under which name to set that, and how it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.app import App
from opsbook.cli.doctor._finding import Finding
from opsbook.sdk.integration import Integration, ProbeReport, Status
from opsbook.tools._advice import advise

WELL = frozenset({Status.ONLINE})


def look(app: App) -> list[Finding]:
    """One finding a system, by id, from the settings and the last stored probe. Nobody is asked."""
    states = {row["integration"]: row for row in app.probes.states()}
    return [_standing(key, system, states.get(key)) for key, system in sorted(app.integrations.items())]


async def probe(app: App) -> list[Finding]:
    """One finding a system, by id; those that are configured are asked now."""
    reports = await app.monitor.check(sorted(app.integrations))
    return [
        _alive(report, system) if system.configured else _lacking(report.id, system)
        for report in reports
        for system in (app.integrations[report.id],)
    ]


def _standing(key: str, system: Integration[Any], state: Mapping[str, Any] | None) -> Finding:
    if not system.configured:
        return _lacking(key, system)
    if state is None or state["status"] == Status.NOT_CONFIGURED:
        told = f"{_configured(system)}, never probed since"
        return Finding(f"system {key}", "ok", told, "`opsbook doctor --probe` asks it.")
    told = f"{_configured(system)}, {state['status']} at {state['checked_at']:%F %H:%M}Z"
    return Finding(f"system {key}", "ok" if state["status"] in WELL else "note", told)


def _lacking(key: str, system: Integration[Any]) -> Finding:
    """Not configured: what to set, of several ways the shortest from what is there."""
    words = system.credential_state()
    missing = ", ".join(setting for setting, word in words.items() if word == "missing")
    if "present" in words.values():
        cure = f"Set {missing}, or take its section out."
        return Finding(f"system {key}", "note", "has some of its settings, so it is not asked", cure)
    return Finding(f"system {key}", "note", "not configured", f"Set {missing}.")


def _configured(system: Integration[Any]) -> str:
    return f"configured with {system.asked_with()}" if system.asked_with() else "configured"


def _alive(report: ProbeReport, system: Integration[Any]) -> Finding:
    seen, check = report.observation, f"system {report.id}"
    latency = "" if seen.latency_ms is None else f", {seen.latency_ms:.0f} ms"
    told = f"{_configured(system)}, {report.status}{latency}{f': {seen.message}' if seen.error_class else ''}"
    if report.maintenance is not None:
        return Finding(check, "note", f"{told} (maintenance: {report.maintenance.reason})")
    if seen.expiry is not None and not seen.expiry.renews:
        told = f"{told}; its {seen.expiry.of} ends at {seen.expiry.at:%F %H:%M}Z"
    if report.status in WELL:
        return Finding(check, "ok", told)
    cure = f"{advise(seen.error_class).steps[0]}." if seen.error_class else ""
    return Finding(check, "bad" if report.status is Status.OFFLINE else "note", told, cure)
