"""Time that misbehaves, schedules that change, and neighbours that are broken: what the clockwork makes of them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from opsbook.sdk.values import digest
from runs.conftest import House, house_of
from runs.test_clockwork import daily

ZONES = """id: daily_one
name: Daily
agent: leo
triggers:
  - schedule: {cron: "%s", timezone: America/New_York%s}
  - schedule: {cron: "%s", timezone: %s%s}
steps: [{id: look, type: tool_call, tool: ask}]
"""


async def forward(house: House, by: timedelta) -> None:
    house.clock.forward(by)
    await house.clockwork.round(house.clock.now())
    for row in house.records.runs.open_of("daily_one"):
        await house.ended(row["id"])


def states(house: House) -> dict[str, str]:
    return {row["slot"]: row["state"] for row in house.slots.latest("daily_one")}


BROKEN: dict[str, dict[str, Any]] = {
    "a tool that is gone": {"steps": [{"id": "a", "type": "tool_call", "tool": "gone"}]},
    "an expression of another language": {"steps": [{"id": "a", "type": "assert", "that": "1 +"}]},
    "a zone that nobody knows": {"triggers": [{"schedule": {"cron": "0 9 * * *", "timezone": "Mars/Olympus"}}]},
    "a schedule that never comes": {"triggers": [{"schedule": {"cron": "0 9 31 2 *", "timezone": "UTC"}}]},
    "no document at all": {"id": 7, "steps": 7},
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_broken_playbook_in_the_store_does_not_keep_the_others_from_their_time(
    tmp_path: Path, what: str
) -> None:
    async with house_of(tmp_path / "a.db") as house:
        document = {
            "id": "a_broken_one",
            "name": "Broken",
            "triggers": [{"schedule": {"cron": "0 * * * *", "timezone": "UTC"}}],
            "steps": [{"id": "a", "type": "set", "values": {"a": 1}}],
        }
        document |= {key: value for key, value in BROKEN[what].items() if key != "id"}
        house.records.playbooks.publish(document, digest(document), "", "a test", house.clock.now())
        house.publish(daily("0 * * * *"))
        await forward(house, timedelta(hours=1))
        assert states(house) == {"2026-11-24T15:00Z": "ran"}


async def test_two_schedules_of_a_playbook_each_have_their_own_rules(tmp_path: Path) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.publish(ZONES % ("0 10 * * *", ", misfire: skip", "30 10 * * *", "America/New_York", ", misfire: latest"))
        await forward(house, timedelta(hours=2))  # 11:00 in New York
        assert states(house) == {"2026-11-24T10:00": "missed", "2026-11-24T10:30": "late"}


@pytest.mark.parametrize("misfire", ["latest", "all"])
async def test_a_new_schedule_expects_nothing_of_the_time_before_it(tmp_path: Path, misfire: str) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.publish(daily("0 9 * * *"))
        await forward(house, timedelta(days=3, hours=1))  # 10:00 in New York
        before = states(house)
        house.publish(daily("30 9 * * *", f", misfire: {misfire}"))
        await forward(house, timedelta(minutes=1))
        assert states(house) == before


async def test_a_schedule_that_was_edited_and_edited_back_expects_nothing_of_the_time_between(tmp_path: Path) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.publish(daily("0 * * * *", ", misfire: all, within: 24h"))
        await forward(house, timedelta(hours=1))
        house.publish(daily("0 3 * * *"))
        await forward(house, timedelta(hours=4))
        house.publish(daily("0 * * * *", ", misfire: all, within: 24h"))
        await forward(house, timedelta(minutes=1))
        assert states(house) == {"2026-11-24T15:00Z": "ran"}


async def test_what_was_due_before_a_restart_is_still_expected_after_a_new_version(tmp_path: Path) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.publish(daily("0 * * * *"))
        await forward(house, timedelta(hours=1))
        house.clock.forward(timedelta(minutes=90))  # nobody was there at 16:00
        house.publish(daily("0 * * * *", step=", timeout: 1m"))
        await forward(house, timedelta(minutes=1))
        assert states(house)["2026-11-24T16:00Z"] == "late"


async def test_a_slot_that_nobody_decided_before_its_schedule_was_taken_away_says_so(tmp_path: Path) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.steered.held = asyncio.Event()
        house.publish(daily("0 * * * *", ", overlap: queue", ", with: {hold: true}"))
        for _ in range(2):
            house.clock.forward(timedelta(hours=1))
            await house.clockwork.round(house.clock.now())
        house.publish(daily("0 3 * * *", step=", with: {hold: true}").replace("triggers: [{", "triggers: []\n#"))
        await house.clockwork.round(house.clock.now())
        house.steered.held.set()
        await forward(house, timedelta(minutes=1))
        assert states(house) == {"2026-11-24T15:00Z": "ran", "2026-11-24T16:00Z": "missed"}


@pytest.mark.parametrize("misfire", ["skip", "latest", "all"])
@pytest.mark.parametrize("overlap", ["queue", "cancel_running"])
async def test_a_slot_that_waits_for_its_predecessor_was_not_missed(tmp_path: Path, misfire: str, overlap: str) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.steered.held = asyncio.Event()
        more = f", overlap: {overlap}, misfire: {misfire}"
        house.publish(daily("0 * * * *", more, ", with: {hold: true}"))
        for _ in range(2):
            house.clock.forward(timedelta(hours=1))
            await house.clockwork.round(house.clock.now())
        (first,) = house.records.runs.latest()
        for _ in range(10):
            house.clock.forward(timedelta(minutes=4))
            await house.clockwork.round(house.clock.now())
        assert len(house.records.runs.latest()) == 1  # the body has not ended yet
        house.steered.held.set()
        await house.ended(first["id"])
        await forward(house, timedelta(seconds=1))
        assert states(house) == {"2026-11-24T15:00Z": "ran", "2026-11-24T16:00Z": "late"}


async def test_of_the_slots_that_queue_one_waits_and_the_earlier_ones_merge_into_it(tmp_path: Path) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.steered.held = asyncio.Event()
        house.publish(daily("0 * * * *", ", overlap: queue, misfire: all", ", with: {hold: true}"))
        for _ in range(4):
            house.clock.forward(timedelta(hours=1))
            await house.clockwork.round(house.clock.now())
        house.steered.held.set()
        for _ in range(4):
            await forward(house, timedelta(seconds=1))
        assert len(house.records.runs.latest()) == 2
        assert list(states(house).values()) == ["skipped", "skipped", "late", "ran"]  # newest first


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-2)])
async def test_a_clock_that_jumps_doubles_nothing(tmp_path: Path, jump: timedelta) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.publish(daily("0 * * * *"))
        await forward(house, timedelta(hours=1))
        house.clock.at += jump
        await forward(house, timedelta(minutes=1))
        house.clock.at -= jump
        for _ in range(6):
            await forward(house, timedelta(minutes=20))
        runs = house.records.runs.latest()
        assert len({run["as_of"] for run in runs}) == len(runs)
        assert {datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (15, 16, 17)} <= {run["as_of"] for run in runs}


@pytest.mark.parametrize(
    ("misfire", "within", "ran"), [("skip", "6h", 0), ("latest", "6h", 1), ("all", "6h", 6), ("all", "30h", 26)]
)
async def test_after_26_hours_down_each_occurrence_has_its_row(
    tmp_path: Path, misfire: str, within: str, ran: int
) -> None:
    async with house_of(tmp_path / "a.db") as house:
        house.publish(daily("0 * * * *", f", misfire: {misfire}, within: {within}, overlap: queue"))
        house.clock.forward(timedelta(hours=26, minutes=30))
        for _ in range(ran + 2):
            await forward(house, timedelta(seconds=1))
        found = list(states(house).values())
        assert len(found) == 26
        assert (found.count("late"), found.count("missed")) == (ran, 26 - ran)
        assert len(house.records.runs.latest()) == ran
