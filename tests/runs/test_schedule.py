"""Slots by the wall clock: one for each local day at both clock changes, and what becomes of late ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.playbooks.model import Misfire, Overlap, Schedule
from opsbook.runs.schedule import Slot, SlotState, decide, occurrences

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata")


def schedule(cron: str = "0 9 * * *", timezone: str = "America/New_York", **more: object) -> Schedule:
    return Schedule.model_validate({"cron": cron, "timezone": timezone, **more})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("cron", ["0 9 * * *", "30 1 * * *", "30 2 * * *", "*/30 1 * * *"])
@pytest.mark.parametrize(("start", "days"), [("2026-10-30", 4), ("2026-03-06", 4)])
def test_a_daily_playbook_has_exactly_one_slot_for_each_local_day_at_both_clock_changes(cron, start, days):
    local = ZoneInfo("America/New_York")
    first = datetime.fromisoformat(start).replace(tzinfo=local)
    last = (first + timedelta(days=days)).replace(tzinfo=local)
    found = list(occurrences(schedule(cron), first - timedelta(seconds=1), last - timedelta(seconds=1)))
    by_day: dict[str, int] = {}
    for slot in found:
        by_day[slot.key[:10]] = by_day.get(slot.key[:10], 0) + 1
    each = 2 if cron.startswith("*") else 1
    assert by_day == {(first + timedelta(days=n)).date().isoformat(): each for n in range(days)}


def test_the_first_of_two_equal_wall_times_is_the_one_that_is_due():
    (slot,) = occurrences(schedule("30 1 * * *"), at("2026-11-01T04:00"), at("2026-11-01T12:00"))
    assert slot == Slot("2026-11-01T01:30", at("2026-11-01T05:30"))


def test_a_wall_time_that_does_not_exist_is_due_at_the_first_valid_minute_after_it():
    (slot,) = occurrences(schedule("30 2 * * *"), at("2026-03-08T00:00"), at("2026-03-08T12:00"))
    assert slot.due_at.astimezone(ZoneInfo("America/New_York")).strftime("%H:%M") == "03:00"


def test_an_hourly_playbook_keeps_all_its_hours_at_the_autumn_change():
    found = list(occurrences(schedule("0 * * * *"), at("2026-11-01T03:59"), at("2026-11-02T04:59")))
    assert len({slot.key for slot in found}) == len(found) == 25


@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    day=st.integers(0, 364 * 4),
    steps=st.lists(st.integers(1, 5000), min_size=1, max_size=12),
)
def test_there_is_at_most_one_slot_for_a_local_date_however_the_time_is_cut(zone, hour, minute, day, steps):
    daily = schedule(f"{minute} {hour} * * *", zone)
    seen = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day)
    start, found = seen, []
    for step in steps:
        found += occurrences(daily, seen, seen + timedelta(minutes=step))
        seen += timedelta(minutes=step)
    assert found == list(occurrences(daily, start, seen))
    days = [slot.key[:10] for slot in found]
    assert len(days) == len(set(days))


def slots(*hours_ago: float, now: datetime) -> list[Slot]:
    return [Slot(f"s{ago}", now - timedelta(hours=ago)) for ago in hours_ago]


NOW = at("2026-11-24T14:00")


@pytest.mark.parametrize(
    ("misfire", "states"),
    [
        (Misfire.SKIP, ["missed", "missed", "missed", "missed"]),
        (Misfire.LATEST, ["missed", "missed", "missed", "late"]),
    ],
)
def test_slots_that_passed_while_nobody_was_there_go_by_the_misfire_rule(misfire, states):
    due = slots(26, 3, 2, 1, now=NOW)
    decided = decide(schedule(misfire=misfire), due, NOW, running=False)
    assert [d.state.value for d in sorted(decided, key=lambda d: d.slot.due_at)] == states


def test_misfire_all_runs_every_slot_within_its_limit_one_after_the_other():
    due = slots(26, 3, 2, 1, now=NOW)
    decided = decide(schedule(misfire="all", overlap="queue"), due, NOW, running=False)
    assert [d.state for d in decided] == [SlotState.MISSED, SlotState.LATE, SlotState.EXPECTED, SlotState.EXPECTED]


def test_26_hours_of_downtime_leave_a_row_for_every_slot():
    hourly = schedule("0 * * * *", within="50m")
    due = list(occurrences(hourly, NOW - timedelta(hours=26), NOW))
    decided = decide(hourly, due, NOW + timedelta(minutes=5), running=False)
    assert len(decided) == 26
    assert [d.state for d in decided].count(SlotState.LATE) == 1


@pytest.mark.parametrize(
    ("overlap", "state", "stop"),
    [
        (Overlap.SKIP, SlotState.SKIPPED, False),
        (Overlap.QUEUE, SlotState.EXPECTED, False),
        (Overlap.CANCEL_RUNNING, SlotState.EXPECTED, True),
        (Overlap.ALLOW, SlotState.RAN, False),
    ],
)
def test_a_slot_that_meets_a_running_run_goes_by_the_overlap_rule(overlap, state, stop):
    (decision,) = decide(schedule(overlap=overlap), slots(0, now=NOW), NOW, running=True)
    assert (decision.state, decision.stop) == (state, stop)
    assert overlap is Overlap.ALLOW or decision.reason
