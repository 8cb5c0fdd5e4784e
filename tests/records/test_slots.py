"""One row for each expected occurrence; what was decided about it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from opsbook.records.slots import Slots

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)
SCHEDULE = ("ops_daily", "0 9 * * *", "America/New_York")


@pytest.fixture
def slots(store):
    return Slots(store)


def days(*numbers: int) -> list[tuple[str, datetime]]:
    return [(f"2026-11-{day}T09:00", AT + timedelta(days=day - 24)) for day in numbers]


def test_a_schedule_remembers_how_far_it_was_looked_at(slots):
    assert slots.seen_until(*SCHEDULE) is None
    slots.expect(*SCHEDULE, days(24), AT)
    slots.expect(*SCHEDULE, days(25), AT + timedelta(days=1))
    assert slots.seen_until(*SCHEDULE) == AT + timedelta(days=1)
    assert slots.seen_until("ops_daily", "0 8 * * *", "America/New_York") is None


def test_looking_twice_expects_each_occurrence_once(slots):
    slots.expect(*SCHEDULE, days(24, 25), AT)
    slots.expect(*SCHEDULE, days(24, 25, 26), AT)
    assert [row["slot"][8:10] for row in slots.undecided("ops_daily")] == ["24", "25", "26"]


def test_the_first_decision_stands_and_expecting_again_does_not_undo_it(slots):
    slots.expect(*SCHEDULE, days(24), AT)
    assert slots.decide("ops_daily", "2026-11-24T09:00", "ran", None, "run_1")
    assert not slots.decide("ops_daily", "2026-11-24T09:00", "missed", "too late", None)
    slots.expect(*SCHEDULE, days(24), AT)
    assert slots.undecided("ops_daily") == []
    (row,) = slots.latest("ops_daily")
    assert (row["state"], row["run_id"], row["reason"]) == ("ran", "run_1", None)


def test_what_was_never_expected_cannot_be_decided(slots):
    assert not slots.decide("ops_daily", "2026-11-24T09:00", "ran", None, "run_1")


def test_latest_comes_newest_first_for_one_playbook_or_all(slots):
    slots.expect(*SCHEDULE, days(24, 26), AT)
    slots.expect("ops_weekly", "0 8 * * 1", "America/New_York", days(25), AT)
    assert [row["due_at"].day for row in slots.latest()] == [26, 25, 24]
    assert [row["due_at"].day for row in slots.latest("ops_daily", 1)] == [26]
