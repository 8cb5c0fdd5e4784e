"""How consumers come back, on a case worked out by hand and on a public data set with published answers."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from opsbook.warehouse import Warehouse
from opsbook.warehouse.orders import Silence, consumer_cohorts, consumers_by_orders, consumers_by_silence, histories
from warehouse.companies import put

CDNOW = os.environ.get("OPSBOOK_CDNOW", "")
CDNOW_END = datetime(1998, 7, 1, tzinfo=UTC)
CDNOW_MAP = {
    "id": "order_id",
    "organization_id": "@cdnow",
    "consumer_id": "customer_id",
    "ordered_at": "ordered_on",
    "total_cents": "amount_usd:usd",
}


def order(number: int, consumer: str | None, day: str, **more: object) -> dict[str, object]:
    return {
        "id": str(number),
        "organization_id": "o",
        "consumer_id": consumer,
        "ordered_at": day,
        "total_cents": 100,
        **more,
    }


@pytest.fixture
def shop(warehouse: Warehouse, tmp_path: Path) -> Warehouse:
    rows = [
        order(1, "ann", "2026-01-31"),
        order(2, "ann", "2026-02-01"),
        order(3, "ann", "2026-02-28"),
        order(4, "bob", "2026-01-05"),
        order(5, "bob", "2026-04-10"),
        order(6, "cy", "2026-03-15T23:59:59-05:00"),
        order(7, "cy", "2026-05-01"),  # not before the moment of the question
        order(8, "dee", "2026-01-01", mode="demo"),
        order(9, "eve", "2026-01-01", status="cancelled"),
        order(10, None, "2026-01-01"),
    ]
    put(warehouse, tmp_path, "orders", rows)
    return warehouse


AT = datetime(2026, 5, 1, tzinfo=UTC)


def test_cohorts_are_by_the_month_of_the_first_order(shop: Warehouse) -> None:
    assert consumer_cohorts(shop, AT) == {"2026-01": [2, 1, 0, 1], "2026-03": [1, 0]}


def test_silence_is_in_whole_days_and_strictly_more(shop: Warehouse) -> None:
    # Last orders 62 days (ann), 21 days (bob) and 45.79 days (cy) before the moment.
    found = consumers_by_silence(shop, AT, [61, 62, 20, 21, 44, 45])
    expected = {20: 3, 21: 2, 44: 2, 45: 1, 61: 1, 62: 0}
    assert found == [Silence(days, silent, 3) for days, silent in expected.items()]


def test_consumers_are_counted_by_how_often_they_ordered(shop: Warehouse) -> None:
    assert consumers_by_orders(shop, AT) == {1: 1, 2: 1, 3: 1}


def test_the_trend_of_an_organisation_is_counted_back_from_its_last_order(warehouse: Warehouse, tmp_path: Path) -> None:
    days = ["2026-09-30T12:00:00", "2026-07-02T12:00:01", "2026-07-02T12:00:00", "2026-04-03T12:00:01"]
    rows = [order(place, "ann", day) for place, day in enumerate([*days, "2026-04-03T12:00:00"])]
    other = {**order(9, "bob", "2026-11-01"), "organization_id": "p"}
    put(warehouse, tmp_path, "orders", [*rows, other])
    found = histories(warehouse, ["o", "p", "q"], datetime(2026, 11, 24, tzinfo=UTC))
    assert isinstance(found, dict)
    told = {key: (one["count"], one["recent_orders"], one["earlier_orders"]) for key, one in found.items()}
    assert told == {"o": (5, 2, 2), "p": (1, 1, 0), "q": (0, 0, 0)}


@pytest.mark.skipif(not CDNOW, reason="OPSBOOK_CDNOW does not name the CDNOW orders (a public data set)")
def test_the_cdnow_data_set_gives_its_published_answers(warehouse: Warehouse) -> None:
    report = warehouse.load("orders", CDNOW, CDNOW_MAP)
    assert (report.rows, report.rejected) == (69_659, 0)
    silence = consumers_by_silence(warehouse, CDNOW_END, [7, 30, 60, 90, 180])
    assert isinstance(silence, list)
    assert [one.silent for one in silence] == [23_236, 22_064, 21_075, 20_269, 18_210]
    assert silence[0].consumers == 23_570
    cohorts = consumer_cohorts(warehouse, CDNOW_END)
    assert isinstance(cohorts, dict)
    assert {month: counts[0] for month, counts in cohorts.items()} == {
        "1997-01": 7846,
        "1997-02": 8476,
        "1997-03": 7248,
    }
    january = "7846 1157 964 810 679 736 720 582 559 594 673 634 528 511 664 472 497 498"
    assert cohorts["1997-01"] == [int(count) for count in january.split()]
    often = consumers_by_orders(warehouse, CDNOW_END)
    assert isinstance(often, dict)
    assert often[1] == 11_908
    history = warehouse.row("order_history", organizations=["cdnow"], as_of=CDNOW_END, most=1)
    assert history["total_cents"] == 250_031_563
