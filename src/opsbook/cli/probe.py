"""Probe systems now: real requests to what is configured. Exit code 1 when one is offline.

A system without configuration, or under maintenance, is shown as such and is no failure; one named on purpose must
exist. With --history nobody is asked: it tells what the stored probes say of the last 24 hours, 7 days and 30 days.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._jobs import SCHEDULER, drift
from opsbook.cli._opening import with_app
from opsbook.cli._printing import console, show_items
from opsbook.records.uptime import WINDOWS, history
from opsbook.sdk.integration import Status

verb = typer.Typer()
WELL = ("online", "degraded")


@verb.command()
def run(
    ids: Annotated[list[str] | None, typer.Argument(help="systems by id; none: all of them")] = None,
    past: Annotated[bool, typer.Option("--history", help="ask nobody: uptime and latency so far")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    if past:
        _print_past(ids or [], as_json=as_json)
        return 0

    async def probed(app: App) -> list[dict[str, Any]]:
        reports = await app.monitor.check(ids or sorted(app.integrations))
        return [await _with_drift(app, report.as_json()) for report in reports]

    items = with_app(probed)
    if as_json:
        show_items(items, (), as_json=True)
    else:
        _print(items, whole=bool(ids))
    return 1 if any(item["status"] == "offline" and not item["maintenance"] for item in items) else 0


async def _with_drift(app: App, item: dict[str, Any]) -> dict[str, Any]:
    """A scheduler that answers is also asked whether its jobs are what the playbooks ask for."""
    if item["id"] != SCHEDULER or item["status"] not in WELL:
        return item
    return {**item, "drift": await drift(app)}


def _print_past(ids: list[str], *, as_json: bool) -> None:
    """A row for each system and window; without ids, of each system that was asked the last time it was looked at."""

    async def read(app: App) -> list[dict[str, Any]]:
        now = app.world.clock.now()
        asked = [str(row["integration"]) for row in app.probes.states() if row["status"] != Status.NOT_CONFIGURED]
        wanted = app.monitor.known(ids) or asked
        samples = app.probes.samples(wanted, now - max(WINDOWS.values()), now)
        return [{"id": key, "history": history(samples.get(key, []), now)} for key in wanted]

    items = with_app(read)
    if as_json:
        show_items(items, (), as_json=True)
        return
    rows = [_past_row(item["id"], window) for item in items for window in item["history"]]
    columns = ("id", "window", "uptime", "coverage", "probes", "p50", "p95", "p99")
    show_items(rows, columns, as_json=False, title="History")


def _past_row(key: str, window: dict[str, Any]) -> dict[str, Any]:
    latency = {name: _figure(figure, " ms") for name, figure in window["latency"].items() if name != "n"}
    shares = {name: _figure(window[name], "", of=100) for name in ("uptime", "coverage")}
    return {"id": key, "window": window["window"], "probes": window["probes"], **shares, **latency}


def _figure(figure: dict[str, Any], unit: str, of: int = 0) -> str:
    """A measured figure in words, as a percentage when `of` is 100; what is unknown says so."""
    if figure["value"] is None:
        return "unknown"
    return f"{figure['value'] * of:.2f} %" if of else f"{figure['value']:.0f}{unit}"


def _print(items: list[dict[str, Any]], *, whole: bool) -> None:
    """A row for each system that has settings; those without are named in one line, unless they were asked for."""
    bare = [] if whole else [str(item["id"]) for item in items if item["status"] == "not_configured"]
    shown = [_row(item) for item in items if item["id"] not in bare]
    if shown:
        columns = ("status", "id", "latency", "last_success", "error", "note")
        under = {"last_success": "id", "note": "error"}
        show_items(shown, columns, as_json=False, title="Systems", under=under)
    if bare:
        console().print(f"Not configured: {', '.join(bare)}.")


def _row(item: dict[str, Any]) -> dict[str, Any]:
    """What people read of one system: its last success only when it is not now, failures with their number."""
    latency, error, since = item["latency_ms"], item["error"] or {}, item["last_success_at"]
    told = " ".join(str(error[key]) for key in ("class", "message") if error.get(key))
    failures = item["consecutive_failures"] or 0
    return {
        **item,
        "last_success": datetime.fromisoformat(since).astimezone(UTC) if since and item["status"] not in WELL else None,
        "latency": None if latency is None else f"{latency:.0f} ms",
        "error": f"{told} {failures} failures in a row." if failures > 1 else told,
        "note": " ".join(_notes(item)),
    }


def _notes(item: dict[str, Any]) -> Iterator[str]:
    """Why the status may be another than the one that was found, and when a person must renew credentials."""
    if item["maintenance"]:
        yield f"Maintenance: {item['maintenance_window']['reason']}."
    if item["observed"] != item["status"]:
        yield f"Found {item['observed']} this time."
    if item["credentials"].get("renews") is False:
        yield f"The {item['credentials']['of']} ends at {item['credentials']['expires_at']}."
    if "drift" in item:
        yield _drift_note(item["drift"]["jobs"])


def _drift_note(jobs: list[str] | dict[str, Any]) -> str:
    if isinstance(jobs, dict):
        return f"Whether its jobs stand is unknown. {jobs['reason']}"
    return f"Not as asked for: {', '.join(jobs)}." if jobs else "Its jobs stand."
