"""Time into runs: one slot for each local day, misfires and overlaps with a row each, and runs that nobody began."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from opsbook.runs.acceptance import Request
from opsbook.runs.clockwork import slot_request
from opsbook.runs.engine import Elsewhere
from opsbook.runs.schedule import Slot
from opsbook.sdk.clock import SteppedClock
from runs.conftest import House, house_of

DAILY = """id: daily_one
name: Daily
agent: leo
triggers: [{{schedule: {{cron: "{cron}", timezone: America/New_York{more}}}}}]
steps: [{{id: look, type: tool_call, tool: ask{step}}}]
"""


def daily(cron: str = "0 9 * * *", more: str = "", step: str = "") -> str:
    return DAILY.format(cron=cron, more=more, step=step)


async def advance(house: House, until: datetime, by: timedelta) -> None:
    while house.clock.now() < until:
        house.clock.forward(by)
        await house.clockwork.round(house.clock.now())
        for row in house.records.runs.open_of("daily_one"):
            await house.ended(row["id"])


@pytest.mark.parametrize(
    ("cron", "day"), [("30 1 * * *", (2026, 10, 31)), ("30 2 * * *", (2027, 3, 13)), ("0 9 * * *", (2026, 10, 31))]
)
async def test_a_daily_playbook_has_one_run_for_each_local_day_at_both_clock_changes(
    tmp_path: Path, cron: str, day: tuple[int, int, int]
) -> None:
    start = datetime(*day, 4, 30, tzinfo=UTC)
    async with house_of(tmp_path / "a.db", clock=SteppedClock(start)) as house:
        house.publish(daily(cron))
        await advance(house, start + timedelta(days=3), timedelta(minutes=15))
        slots = house.slots.latest("daily_one")
        days = [slot["slot"][:10] for slot in slots]
        assert len(days) == len(set(days)) == 3
        assert {slot["state"] for slot in slots} == {"ran"}
        runs = house.records.runs.latest(playbook_id="daily_one")
        assert sorted(run["as_of"] for run in runs) == sorted(slot["due_at"] for slot in slots)


async def test_what_was_missed_leaves_a_row_and_the_latest_one_still_runs(tmp_path: Path) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.publish(daily("0 * * * *"))
        house.clock.forward(timedelta(hours=5, minutes=20))
        await house.clockwork.round(house.clock.now())
        states = [slot["state"] for slot in house.slots.latest("daily_one")]
        assert states == ["late", "missed", "missed", "missed", "missed"]
        assert len(house.records.runs.latest()) == 1


async def test_a_slot_that_meets_its_predecessor_is_skipped_and_says_why(tmp_path: Path) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.steered.held = asyncio.Event()
        house.publish(daily("0 * * * *", step=", with: {hold: true}"))
        for _ in range(2):
            house.clock.forward(timedelta(hours=1))
            await house.clockwork.round(house.clock.now())
        newest, first = house.slots.latest("daily_one")
        assert (first["state"], newest["state"], newest["reason"]) == (
            "ran",
            "skipped",
            "the previous run has not ended",
        )
        house.steered.held.set()


async def test_a_queued_slot_runs_when_its_predecessor_has_ended(tmp_path: Path) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.steered.held = asyncio.Event()
        house.publish(daily("0 * * * *", ", overlap: queue", ", with: {hold: true}"))
        for _ in range(2):
            house.clock.forward(timedelta(hours=1))
            await house.clockwork.round(house.clock.now())
        (first,) = house.records.runs.latest()
        house.steered.held.set()
        await house.ended(first["id"])
        await house.clockwork.round(house.clock.now())
        assert {slot["state"] for slot in house.slots.latest("daily_one")} == {"ran"}
        assert len(house.records.runs.latest()) == 2


async def test_the_clockwork_and_another_asker_of_the_same_slot_meet_in_one_run(tmp_path: Path) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.publish(daily("0 * * * *"))
        house.clock.forward(timedelta(hours=1))
        slot = Slot("2026-11-24T15:00Z", house.clock.now())
        asked = await house.operations.start(slot_request("daily_one", slot, "cron", "scheduler"))
        await house.clockwork.round(house.clock.now())
        (row,) = house.slots.latest("daily_one")
        assert (row["state"], row["run_id"]) == ("ran", asked.run["id"])
        assert len(house.records.runs.latest()) == 1


async def test_what_was_due_while_it_was_switched_off_is_not_made_up_for(tmp_path: Path) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.publish(daily("0 * * * *"))
        house.operations.enable("daily_one", False)
        house.clock.forward(timedelta(hours=3, minutes=30))
        await house.clockwork.round(house.clock.now())
        house.operations.enable("daily_one", True)
        house.clock.forward(timedelta(minutes=40))
        await house.clockwork.round(house.clock.now())
        assert [slot["slot"] for slot in house.slots.latest("daily_one")] == ["2026-11-24T18:00Z"]


async def test_jitter_spreads_starts_and_never_changes_the_slot(tmp_path: Path) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.publish(daily("0 * * * *", ", jitter: 10m"))
        house.clock.forward(timedelta(hours=1))
        started = None
        for minute in range(11):
            await house.clockwork.round(house.clock.now())
            if house.records.runs.latest():
                started = minute
                break
            house.clock.forward(timedelta(minutes=1))
        (slot,) = house.slots.latest("daily_one")
        assert started is not None
        assert slot["due_at"] == datetime(2026, 11, 24, 15, tzinfo=UTC)


async def test_a_run_that_another_process_accepted_is_begun(house: House) -> None:
    engine, house.operations.engine = house.operations.engine, Elsewhere()
    house.publish(daily())
    accepted = await house.operations.start(Request("daily_one"))
    house.operations.engine = engine
    await house.clockwork.round(house.clock.now())
    assert house.steered.calls == []
    house.clock.forward(timedelta(seconds=3))
    await house.clockwork.round(house.clock.now())
    assert (await house.ended(accepted.run["id"]))["state"] == "succeeded"
