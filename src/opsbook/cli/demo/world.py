"""The sample platform's world: its systems on this machine, the settings that point at them, and its probes so far."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from opsbook.cli.demo.answers import CHANNEL, SENDER, SHEET, TEAM
from opsbook.cli.demo.company import OFFLINE, SLOW
from opsbook.cli.demo.company.platform import DOWN_HOURS
from opsbook.cli.demo.endpoints import SLOW_MS, USUAL_MS, Endpoints
from opsbook.cli.demo.mailbox import Mailbox
from opsbook.sdk.integration import ErrorClass, Integration, Observation, ProbeReport, Status
from opsbook.settings import PersonSettings, Settings

PEOPLE = {"owner": ("owner", "approver"), "founder": ("approver",)}
GOOGLE = ("firestore", "firebase_auth", "gmail", "calendar", "drive", "sheets")
HISTORY_HOURS = 24


@dataclass(frozen=True)
class Systems:
    """What plays the outside world."""

    endpoints: Endpoints
    mailbox: Mailbox


@asynccontextmanager
async def sample_systems(home: Path, seed: int) -> AsyncIterator[Systems]:
    """Every system of the sample platform, started; all of them are ended on the way out."""
    chance = Random(seed)  # noqa: S311 latencies, not secrets
    systems = Systems(Endpoints(frozenset({OFFLINE}), frozenset({SLOW}), chance), Mailbox(home / "mail"))
    servers = (systems.endpoints.server, systems.mailbox.server)
    try:
        for server in servers:
            await server.start()
        yield systems
    finally:
        for server in servers:
            await server.close()


def settings_for(home: Path, systems: Systems) -> Settings:
    """Everything that a deployment sets, for the sample one."""
    people = {name: PersonSettings(email=f"{name}@example.com", roles=roles) for name, roles in PEOPLE.items()}
    return Settings(
        home=home,
        people=people,
        postal_address="Sample Platform, 1 Sample Street, Sampleton",
        public_url="https://ops.platform.example",
        integrations=sections(systems),
        allow_loopback=True,
    )


def sections(systems: Systems) -> dict[str, dict[str, Any]]:
    """The settings of each system: where it is, and keys that mean nothing."""
    keys: dict[str, dict[str, Any]] = {
        "letta": {"api_key": "sample-key"},
        "claude": {"api_key": "sample-key"},
        "gemini": {"api_key": "sample-key"},
        "hubspot": {"access_token": "sample-token"},
        "mailjet": {"api_key": "sample-key", "secret_key": "sample-secret"},
        "blackleaf": {"api_key": "sample-key"},
        "alleaves": {"username": "sample", "password": "sample-word"},
        "aeropay": {
            "api_key": "sample-key",
            "api_secret": "sample-secret",
            "merchant_id": "1",
            "environment": "sandbox",
        },
        "cannpay": {
            "app_key": "sample-key",
            "api_secret": "sample-secret",
            "integrator_id": "1",
            "environment": "sandbox",
        },
        "slack": {"bot_token": "sample-token", "alert_channel": CHANNEL, "team_id": TEAM},
    }
    for name in GOOGLE:
        keys[name] = {
            "client_id": "sample-client",
            "client_secret": "sample-secret",
            "refresh_token": "sample-refresh",
            "token_url": f"{systems.endpoints.base(name)}/token",
        }
    for name in ("firestore", "firebase_auth"):
        keys[name]["project"] = "sample-platform"
    keys["sheets"]["probe_id"] = SHEET
    found = {name: {**values, "base_url": systems.endpoints.base(name)} for name, values in keys.items()}
    smtp = {"host": "127.0.0.1", "port": systems.mailbox.server.port, "security": "none", "sender": SENDER}
    return {**found, "smtp": smtp}


def probe_history(
    integrations: Mapping[str, Integration[Any]], as_of: datetime, chance: Random
) -> Sequence[ProbeReport]:
    """A day of hourly probes, as the sample platform would have seen them; each says that it is sample data."""
    reports = []
    for key, system in integrations.items():
        if not system.configured:
            continue
        last, failures = None, 0
        for back in range(HISTORY_HOURS, 0, -1):
            at = as_of - timedelta(hours=back, seconds=chance.uniform(0, 3))
            shortest, longest = SLOW_MS if key == SLOW else USUAL_MS
            seen = Observation(Status.ONLINE, round(chance.uniform(shortest, longest), 1), None, "Sample history.")
            if key == SLOW:
                seen = Observation(Status.DEGRADED, seen.latency_ms, ErrorClass.SLOW, "Slow. Sample history.")
            down = key == OFFLINE and back < DOWN_HOURS
            if down:
                seen = Observation(Status.OFFLINE, None, ErrorClass.SERVER, "It failed on its side. Sample history.")
            last, failures = (last, failures + 1) if down else (at, 0)
            reports.append(ProbeReport(key, system.name, seen, at, last, failures, 2 if down else 1))
    return reports


def settings_file(settings: Settings, *, systems: bool) -> str:
    """An `opsbook.toml` that opens the sample platform again.

    With `systems` it points at those that are running; without, mail goes into a folder and nothing else is reached.
    """
    lines = [
        "# The sample platform. Made by `opsbook demo`; every name and figure in it is invented.",
        f"home = {_toml(str(settings.home.absolute()))}",
        f"postal_address = {_toml(settings.postal_address)}",
        f"allow_loopback = {_toml(settings.allow_loopback)}",
    ]
    for name, person in settings.people.items():
        lines += ["", f"[people.{name}]", f"email = {_toml(person.email)}", f"roles = {_toml(list(person.roles))}"]
    left = {"outbox": {"folder": str(settings.home.absolute() / "outbox")}}  # the sample mail server goes with the demo
    for name, section in (settings.integrations if systems else left).items():
        lines += ["", f"[integrations.{name}]", *(f"{key} = {_toml(value)}" for key, value in section.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """A text, number, flag or list of texts: what JSON writes is TOML for these."""
    return json.dumps(value, ensure_ascii=False)
