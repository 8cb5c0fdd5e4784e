"""The outside systems: what each makes of every answer, what probing them at once costs, and that no secret comes out.

`N` rounds of the fan-out (10). Samples, situations and rules are those of `tests/integrations`.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import statistics
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bench.probes import ANSWER_MS, PROBES, answer, systems, timed
from pydantic import SecretStr

from integrations import quality as rules
from integrations.counting import LEAST, shares
from integrations.samples import CANARY, NO_HTTP, SAMPLES, failing
from integrations.situations import ECHOED, ERRORS, VERDICTS, echo, greeted, made
from opsbook.integrations import quality
from opsbook.integrations.catalog import ids, one_of
from opsbook.integrations.configuration import configure_one, system_class
from opsbook.integrations.monitor import Monitor
from opsbook.records.probes import Probes
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.clock import SystemClock
from opsbook.sdk.errors import OpsbookError
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import Integration, Observation, ProbeReport, Status

MORE_MS = 60  # beyond the slowest system
LIMIT_SECONDS = 0.5
SMTP = {"host": "127.0.0.1", "port": 9, "sender": "ops@example.com", "username": "user"}


def main() -> int:
    rounds = int(os.environ.get("N") or 10)
    held = [asyncio.run(conformance()), asyncio.run(fan_out(rounds)), asyncio.run(canaries()), coverage()]
    return 0 if all(held) else 1


def coverage() -> bool:
    """The share of its lines that the tests of each folder run."""
    counted = shares()
    lowest = min(counted, key=lambda key: counted[key])
    under = [key for key, share in counted.items() if share < LEAST]
    told = f"{len(counted)} counted, lowest {lowest}: {counted[lowest]:.1%}"
    return claim(f"folders of which the tests run less than 95 % of the lines ({told})", len(under), 0)


async def conformance() -> bool:
    """Every system that speaks HTTP in every situation, then every rule that can be tried, of every folder."""
    wrong = [
        f"{key}: {situation[0]!r}"
        for key in SAMPLES
        for situation in VERDICTS + ERRORS
        if not await rules.as_said(key, situation)
    ]
    tried, denied = 0, []
    for key in ids():
        for rule, grade in quality.grades(key).items():
            found = await rules.VALIDATORS[rule](key)
            tried += found is not None
            if rules.disagreement(grade, found):
                denied.append(f"{key}: {rule}")
    for line in wrong + denied:
        print(f"fails: {line}", file=sys.stderr)
    cases = len(SAMPLES) * len(VERDICTS + ERRORS)
    return all(
        [
            claim("systems in folders", len(ids()), 16, at_least=True),
            claim(f"situations that are judged wrongly, of {cases}: {len(SAMPLES)} systems over HTTP", len(wrong), 0),
            claim(f"rules of the scale that a folder is wrong about, of {tried} tried", len(denied), 0),
        ]
    )


async def fan_out(rounds: int) -> bool:
    """Ten systems at once; then nine and one that never answers, which is asked twice before it counts as offline."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    silent = await asyncio.start_server(_never, "127.0.0.1", 0)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/prove.db")
        metadata.create_all(store.engine)
        http = HttpClient(allow_loopback=True)
        watched = systems(_address(server), http)
        well = await _checked(watched, store, rounds)
        watched["system_0"] = systems(_address(silent), http)["system_0"]
        hanging = await _checked(watched, store, min(rounds, 5))
        store.close()
    for one in (server, silent):
        one.close()
    limits = 2 * LIMIT_SECONDS * 1000
    beside = [report for report in hanging[1] if report.id != "system_0"]
    online = sum(report.status is Status.ONLINE for report in beside)
    slowest = max((report.observation.latency_ms or limits for report in beside), default=limits)
    offline = sum(report.status is Status.OFFLINE for report in hanging[1])
    return all(
        [
            claim(f"{PROBES} probes of {ANSWER_MS} ms at once, ms", round(well[0], 1), ANSWER_MS + MORE_MS),
            claim("with one that hangs, ms beyond its own two limits", round(hanging[0] - limits, 1), MORE_MS),
            claim("systems offline while one hangs", offline, 1, at_least=True),
            claim("systems online beside it", online, PROBES - 1, at_least=True),
            claim("slowest latency beside it, ms", round(slowest, 1), ANSWER_MS + MORE_MS),
        ]
    )


async def _checked(
    watched: Mapping[str, Integration[Any]], store: Store, rounds: int
) -> tuple[float, list[ProbeReport]]:
    """The median milliseconds of a check, without the pause before a repeat, and what the last one reported."""
    monitor = Monitor(watched, Probes(store), SystemClock(), _at_once, limit_seconds=LIMIT_SECONDS)
    reports: list[ProbeReport] = []

    async def check() -> None:
        reports[:] = await monitor.check(list(watched))

    return statistics.median(await timed(rounds, check)), reports


async def _at_once(_: float) -> None:
    """No pause."""


async def _never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take whatever comes and say nothing, until the other side goes."""
    while await reader.read(65_536):
        pass
    writer.close()


def _address(server: asyncio.Server) -> str:
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def canaries() -> bool:
    """Every secret of every system holds the canary; whatever can be seen afterwards is searched for it."""
    logged = io.StringIO()
    handler = logging.StreamHandler(logged)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
    planted, silent, shown = 0, 0, list[str]()
    for key in ids():
        secrets = secrets_of(key)
        found = await _everything(key, secrets)
        planted += len(secrets)
        silent += bool(secrets) and not found
        shown += found
    logging.getLogger().removeHandler(handler)
    seen = sum(text.count(CANARY) for text in [*shown, logged.getvalue()])
    return all(
        [
            claim("secrets planted, each in a setting of its own", planted, 16, at_least=True),
            claim("systems with secrets that showed nothing to search", silent, 0),
            claim(f"times a secret is seen, in {len(shown):,} observations, errors and forms, and in the log", seen, 0),
        ]
    )


def secrets_of(key: str) -> dict[str, str]:
    """A canary for every secret setting of a system; an address holds it in its path, a service account in its key."""
    fields = system_class(key).Config.model_fields
    names = [name for name, field in fields.items() if SecretStr in (field.annotation, *get_args(field.annotation))]
    return {name: _holding(name, f"{CANARY}-{name}") for name in names}


def _holding(name: str, secret: str) -> str:
    if name == "credentials":
        pem = f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n"
        return json.dumps({"type": "service_account", "client_email": "ops@example.com", "private_key": pem})
    return f"https://hooks.example.com/{secret}" if name.endswith("_url") else secret


async def _everything(key: str, secrets: Mapping[str, str]) -> list[str]:
    """What can be seen of a system that holds these secrets, whatever comes back, and of one that is set up wrongly."""
    shown = [_refusal(key, {**_settings(key), **secrets, name: [value]}) for name, value in secrets.items()]
    if key == "smtp":
        for value in secrets.values():
            system, seen = await greeted(f"554 {value}", username="user", **secrets)
            shown += _forms(system, seen)
    if key in NO_HTTP:
        return shown
    answers = [one[0] for one in VERDICTS + ERRORS]
    answers += [echo(value, status) for value in secrets.values() for status in ECHOED]
    for one in answers:
        system, desk = made(key, failing(key, one), **secrets)
        shown += [*_forms(system, await system.probe()), repr(desk.sent), " ".join(sent.url for sent in desk.sent)]
    return shown


def _settings(key: str) -> Mapping[str, Any]:
    return SAMPLES[key].settings if key in SAMPLES else SMTP


def _refusal(key: str, settings: Mapping[str, Any]) -> str:
    """The error, with its cause and its traceback, of a secret that is not even a text."""
    try:
        configure_one(one_of(key), settings, {}, HttpClient())
    except OpsbookError as error:
        return "".join(traceback.format_exception(error)) + repr(error)
    raise AssertionError(f"{key} takes a list for a secret")


def _forms(system: Integration[Any], seen: Observation) -> list[str]:
    """An observation, and every way to write a system down."""
    config = system.config
    return [repr(seen), repr(config), str(config), config.model_dump_json(), json.dumps(system.credential_state())]


def claim(name: str, figure: float, bar: float, *, at_least: bool = False) -> bool:
    holds = figure >= bar if at_least else figure <= bar
    print(json.dumps({"claim": name, "figure": figure, "bar": bar, "holds": holds}), flush=True)
    return holds


if __name__ == "__main__":
    sys.exit(main())
