"""The sample platform's systems: they answer the real probes, one is down, one is slow, and what is sent is kept."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any

import aiosmtplib
import pytest

from opsbook.cli.demo.company import OFFLINE, SLOW
from opsbook.cli.demo.world import Systems, probe_history, sample_systems, sections, settings_file, settings_for
from opsbook.integrations.configuration import configure
from opsbook.integrations.monitor import Monitor
from opsbook.records.migrate import migrate
from opsbook.records.probes import Probes
from opsbook.records.store import Store
from opsbook.sdk.clock import SystemClock
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import Integration, Status
from opsbook.settings import Settings


@pytest.fixture
async def systems(tmp_path: Path) -> AsyncIterator[Systems]:
    async with sample_systems(tmp_path, 3) as found:
        yield found


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(clock=SystemClock(), allow_loopback=True)
    yield client
    await client.close()


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)


# The sample company sends its mail by a server of its own, and runs in nobody's cloud.
NOT_USED = {"cloud_scheduler", "secret_manager", "ses"}


def played_by(systems: Systems, http: HttpClient) -> dict[str, Integration[Any]]:
    """Every system that the sample company uses; what only stands in for one is none."""
    found = configure(sections(systems), {}, http)
    return {key: system for key, system in found.items() if not system.stands_in and key not in NOT_USED}


@pytest.fixture
def probes(tmp_path: Path) -> Probes:
    store = Store(f"sqlite:///{tmp_path / 'probes.db'}")
    migrate(store)
    return Probes(store)


async def test_every_system_answers_its_real_probe_and_the_planted_two_are_as_planted(
    systems: Systems, http: HttpClient, probes: Probes
) -> None:
    integrations = played_by(systems, http)
    monitor = Monitor(integrations, probes, SystemClock(), no_wait)
    found = {report.id: report.observation for report in await monitor.check(sorted(integrations))}
    assert {key: seen.status for key, seen in found.items()} == {
        key: {OFFLINE: Status.OFFLINE, SLOW: Status.DEGRADED}.get(key, Status.ONLINE) for key in integrations
    }
    assert systems.endpoints.asked[OFFLINE] == 2  # it was asked again before it was called offline
    assert (found["hubspot"].quota or {})["used_share"] == 0.87


async def test_what_is_posted_to_slack_is_kept(systems: Systems, http: HttpClient) -> None:
    base = systems.endpoints.base("slack")
    sent = [await http.request("POST", f"{base}/api/chat.postMessage", json={"text": text}) for text in ("one", "two")]
    assert [post["text"] for post in systems.endpoints.posts] == ["one", "two"]
    assert len({str(reply.object()["ts"]) for reply in sent}) == 2
    assert (await http.request("POST", f"{base}/services/T/B/x", json={"text": "three"})).body == b"ok"
    assert (await http.request("POST", f"{base}/services/T/B/x", json={})).status == 400
    assert systems.endpoints.posts[-1]["text"] == "three"


async def test_what_nobody_plays_is_not_found(systems: Systems, http: HttpClient) -> None:
    assert (await http.request("GET", systems.endpoints.base("fax"))).status == 404


async def test_mail_is_kept_as_it_was_sent(systems: Systems) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "Café report"
    message.set_content("First line\n.a line that begins with a dot\nlast line\n")
    await aiosmtplib.send(
        message, hostname="127.0.0.1", port=systems.mailbox.server.port, start_tls=False, use_tls=False
    )
    (letter,) = systems.mailbox.letters
    assert (letter.to, letter.subject) == (("b@example.com",), "Café report")
    assert letter.message.get_content().splitlines() == ["First line", ".a line that begins with a dot", "last line"]
    assert letter.file.read_bytes().startswith(b"From: a@example.com")


async def test_mail_for_nobody_and_unknown_commands_are_refused(systems: Systems) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", systems.mailbox.server.port)
    writer.write(b"EHLO me\r\nDATA\r\nEXPN list\r\nQUIT\r\n")
    answers = (await reader.read()).decode().splitlines()
    writer.close()
    assert [line[:3] for line in answers] == ["220", "250", "250", "250", "250", "503", "502", "221"]
    assert systems.mailbox.letters == []


async def test_systems_end_cleanly_while_somebody_is_connected(tmp_path: Path) -> None:
    async with sample_systems(tmp_path, 3) as systems:
        reader, writer = await asyncio.open_connection("127.0.0.1", systems.endpoints.server.port)
        writer.write(b"GET /hubspot/x HTTP/1.1\r\n")
        await writer.drain()
    with suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", systems.endpoints.server.port)


async def test_the_history_of_probes_is_recorded_as_sample_data(
    systems: Systems, http: HttpClient, probes: Probes
) -> None:
    integrations = played_by(systems, http)
    now = datetime.now(UTC)
    reports = probe_history(integrations, now, Random(1))
    probes.record_all(reports)
    state = {row["integration"]: row for row in probes.states()}
    assert set(state) == set(integrations)
    assert state[OFFLINE]["consecutive_failures"] == 6
    assert (now - state[OFFLINE]["last_success_at"]).total_seconds() > 2 * 3600
    assert all("Sample history." in report.observation.message for report in reports)


def test_the_settings_file_opens_the_same_platform(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, people={"owner": {"email": "owner@example.com", "roles": ["approver"]}}, allow_loopback=True
    )
    read = Settings.model_validate(tomllib.loads(settings_file(settings, systems=False)))
    assert read.model_copy(update={"integrations": {}}) == settings
    assert read.integrations == {"outbox": {"folder": str(tmp_path / "outbox")}}


async def test_the_settings_file_of_a_running_platform_points_at_its_systems(tmp_path: Path, systems: Systems) -> None:
    settings = settings_for(tmp_path, systems)
    read = tomllib.loads(settings_file(settings, systems=True))
    assert json.dumps(read["integrations"], sort_keys=True) == json.dumps(settings.integrations, sort_keys=True)
