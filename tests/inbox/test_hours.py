"""Nobody is written to outside the hours of any place in which they could live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.inbox.hours import Hours, zones_of

moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda found: found.replace(tzinfo=UTC))
states = st.sampled_from(["NY", "ny ", "CA", "TX", "FL", "HI", "AZ", "ID", "RI", None, "", "XX"])


def inside(hours: Hours, moment: datetime, zone: ZoneInfo) -> bool:
    local = moment.astimezone(zone)
    begin, end = hours.on(local.date())
    return begin <= local.time() < end


@given(moments, states)
def test_the_moment_is_inside_the_hours_of_every_zone_and_the_first_such_one(now, state):
    hours, zones = Hours(), zones_of(state)
    opens = hours.opens(state, now)
    assert opens >= now
    assert all(inside(hours, opens, zone) for zone in zones)
    if opens > now:
        before = opens - timedelta(seconds=1)
        assert not all(inside(hours, before, zone) for zone in zones)
        assert opens - now < timedelta(days=3)


def test_an_unknown_state_is_every_place_of_the_country():
    assert {str(zone) for zone in zones_of(None)} >= {"America/New_York", "Pacific/Honolulu"}
    assert [str(zone) for zone in zones_of(" tx")] == ["America/Chicago", "America/Denver"]


def test_the_clock_change_of_a_recipient_moves_their_hours():
    hours = Hours()
    before, after = datetime(2026, 10, 30, 5, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC)
    assert hours.opens("NY", before) == datetime(2026, 10, 30, 14, tzinfo=UTC)
    assert hours.opens("NY", after) == datetime(2026, 11, 2, 15, tzinfo=UTC)


def test_the_whole_day_is_open_at_every_moment():
    always = Hours.model_validate(dict.fromkeys(("weekdays", "saturday", "sunday"), ("00:00", "24:00")))
    now = datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)
    assert always.opens("NY", now) == now
    assert always.opens(None, datetime(2026, 11, 25, 4, 59, 59, 999999, tzinfo=UTC)).day == 25


def test_hours_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="end before they begin"):
        Hours(weekdays=("17:00", "10:00"))
    with pytest.raises(ValueError, match="no time of day"):
        Hours(sunday=("10", "17:00"))
    hour = ("10:00", "11:00")
    short = Hours(weekdays=hour, saturday=hour, sunday=hour)
    with pytest.raises(ValueError, match="no moment"):
        short.opens(None, datetime(2026, 11, 24, tzinfo=UTC))
