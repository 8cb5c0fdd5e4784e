"""Figures that cannot be rebuilt: the first of a date stands, and unknown is not nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from opsbook.records.snapshots import DayTaken, Snapshots

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)
DAY = date(2026, 11, 24)


@pytest.fixture
def snapshots(store):
    return Snapshots(store)


async def test_the_first_revenue_of_a_date_stands(snapshots):
    assert not snapshots.has_day(DAY)
    assert await snapshots.take_mrr(DAY, {"o1": 100}, taken_at=AT, run_id="run_1")
    assert not await snapshots.take_mrr(DAY, {"o1": 999, "o2": 5}, taken_at=AT)
    found = snapshots.mrr_near(DAY)
    assert (dict(found.mrr), found.taken_at, found.reconstructed) == ({"o1": 100}, AT, False)


async def test_a_date_on_which_nobody_paid_is_a_date_that_was_taken(snapshots):
    await snapshots.take_mrr(DAY, {}, taken_at=AT)
    assert snapshots.has_day(DAY)
    assert dict(snapshots.mrr_near(DAY).mrr) == {}
    assert snapshots.mrr_near(DAY + timedelta(days=2)) is None


async def test_the_nearest_date_is_found_within_reach_and_of_two_the_earlier(snapshots):
    for away in (-1, 1, 3):
        await snapshots.take_mrr(DAY + timedelta(days=away), {"o1": away}, taken_at=AT)
    assert snapshots.mrr_near(DAY).local_date == DAY - timedelta(days=1)
    assert snapshots.mrr_near(DAY, within_days=0) is None
    assert snapshots.mrr_near(DAY + timedelta(days=3)).local_date == DAY + timedelta(days=3)


async def test_who_ever_paid_can_only_come_back(snapshots):
    await snapshots.take_mrr(DAY - timedelta(days=5), {"o1": 100, "o2": 0}, taken_at=AT)
    await snapshots.take_mrr(DAY, {"o3": 100}, taken_at=AT)
    assert snapshots.paid_until(DAY - timedelta(days=1)) == {"o1"}
    assert snapshots.paid_until(DAY) == {"o1", "o3"}


async def test_a_day_that_is_filled_in_later_moves_the_first_payment_back_and_never_forward(snapshots):
    await snapshots.take_mrr(DAY, {"o1": 100, "o2": 100, "o3": 0}, taken_at=AT)
    await snapshots.take_mrr(DAY - timedelta(days=9), {"o1": 70, "o3": 0}, taken_at=AT, reconstructed=True)
    await snapshots.take_mrr(DAY + timedelta(days=1), {"o1": 70, "o3": 5}, taken_at=AT)
    assert snapshots.paid_until(DAY - timedelta(days=10)) == frozenset()
    assert snapshots.paid_until(DAY - timedelta(days=1)) == {"o1"}
    assert snapshots.paid_until(DAY) == {"o1", "o2"}
    assert snapshots.paid_until(DAY + timedelta(days=1)) == {"o1", "o2", "o3"}


async def test_a_date_that_was_taken_adds_no_payer_when_it_is_offered_again(snapshots):
    await snapshots.take_mrr(DAY, {"o1": 100}, taken_at=AT)
    await snapshots.take_mrr(DAY, {"o9": 100}, taken_at=AT)
    assert snapshots.paid_until(DAY) == {"o1"}


async def test_the_days_are_listed_with_what_each_has(snapshots):
    ok, unknown = {"value": 1, "status": "ok"}, {"value": None, "status": "unknown", "reason": "never loaded"}
    await snapshots.take_mrr(DAY, {"o1": 100, "o2": 50, "o3": 0}, taken_at=AT)
    await snapshots.take_mrr(DAY - timedelta(days=2), {}, taken_at=AT, reconstructed=True)
    await snapshots.take_metrics(DAY, {"signups": ok, "errors": unknown}, taken_at=AT)
    await snapshots.take_metrics(DAY - timedelta(days=1), {"errors": unknown}, taken_at=AT)
    assert snapshots.days(DAY - timedelta(days=2), DAY) == [
        DayTaken(DAY - timedelta(days=2), 0, 0, True, AT, 0, 0),
        DayTaken(DAY - timedelta(days=1), None, None, None, None, 0, 1),
        DayTaken(DAY, 150, 2, False, AT, 1, 1),
    ]
    assert [one.local_date for one in snapshots.days(DAY, DAY)] == [DAY]


async def test_an_unknown_metric_is_stored_as_unknown_and_is_no_day_of_its_mean(snapshots):
    unknown = {"value": None, "status": "unknown", "reason": "no request counter"}
    for away, figure in ((3, {"value": 0, "status": "ok"}), (2, unknown), (1, {"value": 4, "status": "ok"})):
        taken = await snapshots.take_metrics(DAY - timedelta(days=away), {"signups": figure}, taken_at=AT)
        assert taken == 1
    assert snapshots.metric_days(DAY) == {"signups": [(DAY - timedelta(days=1), 4.0), (DAY - timedelta(days=3), 0.0)]}


async def test_metrics_of_a_date_are_taken_once_and_a_new_one_is_added(snapshots):
    one, other = {"value": 1, "status": "ok"}, {"value": 2, "status": "ok"}
    assert await snapshots.take_metrics(DAY, {"signups": one}, taken_at=AT) == 1
    assert await snapshots.take_metrics(DAY, {"signups": other, "errors": other}, taken_at=AT) == 1
    assert snapshots.metric_days(DAY + timedelta(days=1)) == {"signups": [(DAY, 1.0)], "errors": [(DAY, 2.0)]}


async def test_only_the_days_before_and_within_the_window_count(snapshots):
    for away in (0, 7, 8):
        await snapshots.take_metrics(
            DAY - timedelta(days=away), {"signups": {"value": away, "status": "ok"}}, taken_at=AT
        )
    assert snapshots.metric_days(DAY) == {"signups": [(DAY - timedelta(days=7), 7.0)]}
