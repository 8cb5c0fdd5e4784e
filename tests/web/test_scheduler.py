"""Which occasion a scheduler's request is about, and which slot of the playbook that is."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.model import Playbook
from opsbook.runs.schedule import occurrences
from opsbook.sdk.errors import InvalidInput
from opsbook.steps._found import grammars
from opsbook.web.api.scheduler import instant, occasion, slot_at

NOW = datetime(2026, 11, 24, 14, 0, 5, tzinfo=UTC)
JOB = "ops-daily-health-check"


def playbook(*crons: tuple[str, str]) -> Playbook:
    document: dict[str, Any] = {
        "id": "sample_book",
        "name": "Sample",
        "triggers": [{"schedule": {"cron": cron, "timezone": zone}} for cron, zone in crons],
        "steps": [{"id": "one", "type": "set", "values": {"a": 1}}],
    }
    return Playbook.model_validate(document, context={"catalog": Catalog(grammars())})


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T14:00:00Z",
        "2026-11-24T14:00:00.000000000Z",
        "2026-11-24t14:00:00z",
        "2026-11-24T09:00:00-05:00",
        "2026-11-24T19:30:00+05:30",
        "2026-11-24 14:00:00Z",
    ],
)
def test_z_and_any_offset_are_the_same_instant(text):
    assert instant(text) == datetime(2026, 11, 24, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "now",
        "2026-11-24",
        "2026-11-24T14:00:00",
        "2026-13-24T14:00:00Z",
        "2026-02-30T14:00:00Z",
        "2026-11-24T25:00:00Z",
        "2026-11-24T14:00:00+99:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "20261124T140000Z",
        "٢٠٢٦-11-24T14:00:00Z",
        "1" * 5000,
    ],
)
def test_what_is_no_time_is_the_callers_mistake(text):
    with pytest.raises(InvalidInput):
        instant(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_times(text):
    with suppress(InvalidInput):
        assert instant(text).tzinfo is UTC


def test_the_same_job_and_time_is_the_same_occasion_however_it_is_written():
    first, again = occasion(JOB, "2026-11-24T14:00:00Z", NOW), occasion(JOB, "2026-11-24T09:00:00-05:00", NOW)
    assert first is not None
    assert again is not None
    assert first.key("sample_book") == again.key("sample_book")
    other = occasion("another-job", "2026-11-24T14:00:00Z", NOW)
    assert other is not None
    assert other.key("sample_book") != first.key("sample_book")
    assert first.key("another_book") != first.key("sample_book")


def test_the_longest_job_name_still_makes_a_key_that_the_store_holds():
    longest = occasion("j" * 500, "2026-11-24T14:00:00Z", NOW)
    assert longest is not None
    assert len(longest.key("b" * 64)) <= 200


@pytest.mark.parametrize("ahead", [timedelta(seconds=61), timedelta(minutes=30), timedelta(days=6)])
def test_a_forced_run_that_carries_the_next_slots_time_is_a_manual_one(ahead):
    assert occasion(JOB, (NOW + ahead).isoformat(), NOW) is None


@pytest.mark.parametrize("ahead", [timedelta(seconds=60), timedelta(0), timedelta(hours=-5)])
def test_a_clock_that_is_a_minute_off_does_not_make_a_scheduled_run_a_manual_one(ahead):
    assert occasion(JOB, (NOW + ahead).isoformat(), NOW) is not None


def test_no_schedule_time_is_a_manual_run():
    assert occasion(JOB, None, NOW) is None
    assert occasion(None, "", NOW) is None


def test_a_job_name_that_no_scheduler_has_is_refused():
    with pytest.raises(InvalidInput):
        occasion("a\nb", "2026-11-24T14:00:00Z", NOW)


def test_a_scheduled_time_is_the_slot_of_the_playbooks_schedule():
    daily = playbook(("0 9 * * *", "America/New_York"))
    slot = slot_at(daily, datetime(2026, 11, 24, 14, 0, 0, 480_000, tzinfo=UTC))
    assert slot is not None
    assert slot.key == "2026-11-24T09:00"
    assert slot_at(daily, datetime(2026, 11, 24, 14, 1, tzinfo=UTC)) is None
    assert slot_at(playbook(), datetime(2026, 11, 24, 14, tzinfo=UTC)) is None


def test_both_hours_of_the_autumn_change_are_the_one_slot_of_a_daily_playbook():
    early = playbook(("30 1 * * *", "America/New_York"))
    first = slot_at(early, datetime(2026, 11, 1, 5, 30, tzinfo=UTC))
    second = slot_at(early, datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    assert first is not None
    assert first == second


def test_an_hourly_playbook_has_a_slot_for_both_hours_of_the_autumn_change():
    hourly = playbook(("0 * * * *", "America/New_York"))
    first = slot_at(hourly, datetime(2026, 11, 1, 5, tzinfo=UTC))
    second = slot_at(hourly, datetime(2026, 11, 1, 6, tzinfo=UTC))
    assert first is not None
    assert second is not None
    assert first.key != second.key


def test_the_second_schedule_of_a_playbook_is_found_as_well():
    both = playbook(("0 9 * * 1", "UTC"), ("0 12 * * *", "UTC"))
    slot = slot_at(both, datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert slot is not None
    assert slot.key == "2026-11-24T12:00"


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))
def test_whatever_the_clockwork_expects_is_found_by_its_time(start):
    book = playbook(("30 2 * * *", "America/New_York"))
    schedule = book.triggers[0].schedule
    assert schedule is not None
    for slot in occurrences(schedule, start, start + timedelta(days=2)):
        assert slot_at(book, slot.due_at) == slot


def test_the_ends_of_the_calendar_have_no_slot():
    daily = playbook(("0 9 * * *", "Asia/Kolkata"))
    assert slot_at(daily, datetime(1, 1, 1, tzinfo=UTC)) is None
    assert slot_at(daily, datetime(9999, 12, 31, 23, 59, tzinfo=UTC)) is None
