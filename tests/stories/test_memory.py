"""What came of runs is kept in a memory and recalled in the next report, once each, and no run depends on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import peers
from integrations.archives import ArchivesDesk
from opsbook.app import App, open_app, the_world
from opsbook.playbooks.load import load_playbook
from opsbook.runs.acceptance import Request
from opsbook.sdk.exchange import Answer, Sent
from opsbook.sdk.http import HttpClient
from opsbook.settings import PersonSettings, Settings

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)
PLAYBOOK = """
id: looks_daily
name: Looks daily
agent: leo
steps:
  - {id: look, type: tool_call, tool: getSystemHealth, save_as: health}
  - {id: tell, type: synthesize, agent: leo, kind: health_report, save_as: told}
  - {id: send, type: notify, channels: [dashboard], to: [owner], subject: Report, body: "{{ told }}"}
success:
  - {id: well, expr: health.overall === "healthy"}
"""


@asynccontextmanager
async def opened(home: Path, answers: Callable[[Sent], Answer], **settings: Any) -> AsyncIterator[App]:
    sections = {"letta": {"api_key": "sample-key", "memory": True, **settings}}
    people = {"owner": PersonSettings(email="owner@example.com")}
    made = Settings(home=home, people=people, integrations=sections)
    world = the_world(made, http=HttpClient(transport=answers, total_seconds=30), environment={})
    async with open_app(made, world) as app, app.working():
        app.operations.publish(load_playbook(PLAYBOOK, app.catalog), PLAYBOOK, "a test")
        yield app


async def carried_out(app: App, days: int = 0, **more: Any) -> tuple[dict[str, Any], str]:
    """The run's row and its report."""
    accepted = await app.operations.start(Request("looks_daily", as_of=AT + timedelta(days=days), **more))
    row = await app.operations.ended(accepted.run["id"], 30)
    return row, str(row["results"]["told"])


async def note_on(app: App, run_id: str) -> dict[str, Any]:
    """The ledger's row of the run's note, once it is settled: that is after the run has ended."""

    def settled() -> bool:
        return any(row["state"] != "started" for row in notes(app, run_id))

    assert await asyncio.to_thread(peers.until, settled, 30)
    (row,) = notes(app, run_id)
    return row


def notes(app: App, run_id: str) -> list[dict[str, Any]]:
    return [row for row in app.records.effects.of_run(run_id) if row["channel"] == "memory"]


async def test_what_came_of_a_run_is_kept_once_and_told_in_the_next_report(tmp_path: Path) -> None:
    desk = ArchivesDesk(key="sample-key")
    async with opened(tmp_path, desk) as app:
        first, report = await carried_out(app)
        assert "From earlier runs" not in report
        row = await note_on(app, first["id"])
        (kept,) = desk.passages
        assert kept["metadata"]["note"]["verdict"] == first["verdict"] == "not_met"
        assert kept["metadata"]["note"]["done"] == {"dashboard": 1}
        assert (row["state"], row["recipient"], row["effect_class"]) == ("done", "leo", "C")
        await app.body.services.after(first["id"], first["state"])
        assert len(desk.passages) == 1
        second, report = await carried_out(app, days=1)
        assert "## From earlier runs" in report
        assert "- Run of Tue 24 Nov 2026, 14:00 UTC: succeeded; criteria not met" in report
        await note_on(app, second["id"])
        assert len(desk.passages) == 2


async def test_a_dry_run_recalls_and_keeps_nothing(tmp_path: Path) -> None:
    desk = ArchivesDesk()
    async with opened(tmp_path, desk) as app:
        first, _ = await carried_out(app)
        await note_on(app, first["id"])
        row, report = await carried_out(app, days=1, dry_run=True)
        assert "## From earlier runs" in report
        assert len(desk.passages) == 1
        assert notes(app, row["id"]) == []


async def test_a_memory_that_is_not_switched_on_is_asked_nothing(tmp_path: Path) -> None:
    desk = ArchivesDesk()
    async with opened(tmp_path, desk, memory=False) as app:
        _, report = await carried_out(app)
    assert "From earlier runs" not in report
    assert not any("archives" in one or "passages" in one for one in desk.asked)


@pytest.mark.parametrize("answer", [Answer(500), Answer(401), ConnectionRefusedError(), Answer(200, b"<html>")])
async def test_a_memory_that_fails_is_told_and_stops_nothing(tmp_path: Path, answer: Any) -> None:
    async with opened(tmp_path, ArchivesDesk(fail={"GET archives": answer})) as app:
        row, report = await carried_out(app)
        step = next(one for one in app.records.runs.steps(row["id"]) if one["step_id"] == "tell")
        assert row["state"] == "succeeded"
        assert "## Action items" in report
        assert any("The memory of leo" in warning for warning in step["outcome"]["warnings"])
        assert (await note_on(app, row["id"]))["state"] == "failed"


async def test_a_note_whose_answer_was_lost_is_looked_up_and_not_kept_twice(tmp_path: Path) -> None:
    desk = ArchivesDesk(lose=True)
    async with opened(tmp_path, desk) as app:
        row, _ = await carried_out(app)
        assert (await note_on(app, row["id"]))["state"] == "done"
    assert len(desk.passages) == 1


@pytest.mark.slow
@pytest.mark.timeout(60)
async def test_a_memory_that_hangs_costs_each_of_its_two_time_limits_at_most(tmp_path: Path) -> None:
    desk = ArchivesDesk()

    async def hangs(sent: Sent) -> Answer:
        if "archives" in sent.url:
            await asyncio.sleep(30)
        return desk(sent)

    async with opened(tmp_path, hangs) as app:
        began = time.monotonic()
        accepted = await app.operations.start(Request("looks_daily", as_of=AT))
        row = await app.operations.ended(accepted.run["id"], 30)
        assert time.monotonic() - began < 9
        assert row["state"] == "succeeded"
        assert (await note_on(app, row["id"]))["state"] == "uncertain"
        assert time.monotonic() - began < 20
