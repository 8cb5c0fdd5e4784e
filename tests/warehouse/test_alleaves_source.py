"""Alleaves' orders by declared fields: what is declared wrongly is said, and what is declared rightly is loaded."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from integrations.reading import reader
from integrations.till import FIELDS, SETTINGS, Till
from opsbook.sdk.errors import InvalidInput, RetryLater
from opsbook.sdk.testing import json_answer
from opsbook.warehouse import Warehouse
from opsbook.warehouse.sources._drift import ENOUGH
from opsbook.warehouse.sources._feeds import sync_feed
from opsbook.warehouse.sources._synced import Synced
from opsbook.warehouse.sources.alleaves.orders import orders
from opsbook.warehouse.tables import TABLES, UNREAD
from warehouse.stored import stored


@pytest.fixture
def till() -> Till:
    return Till()


def sync(till: Till, warehouse: Warehouse, fields: dict[str, str] | None = None, **more: Any) -> Synced:
    feed = reader("alleaves", "orders", SETTINGS, till, warehouse.clock.now()).feed
    records = orders(FIELDS if fields is None else fields, more.pop("zone", "UTC"))
    return asyncio.run(sync_feed(feed, warehouse, records, **more))


def rows(warehouse: Warehouse) -> dict[str, dict[str, Any]]:
    names = (*TABLES["orders"].names, UNREAD)
    return {row[0]: dict(zip(names, row, strict=True)) for row in stored(warehouse, "orders")}


def test_declared_fields_become_columns_and_what_is_not_declared_is_unread(till, warehouse):
    till.keep(7, "2026-11-20", total=19.99, status="Completed")
    sync(till, warehouse, {**FIELDS, "currency": "@usd"})
    (row,) = rows(warehouse).values()
    assert row == {
        "id": "alleaves/7",
        "organization_id": "org-1",
        "consumer_id": None,
        "ordered_at": datetime(2026, 11, 20, 12),
        "total_cents": 1999,
        "currency": "usd",
        "status": "completed",
        "mode": None,
        "product": "Gummies",
        "category": None,
        "unread": " -consumer_id -mode -category ",
    }


def test_times_without_a_zone_are_those_of_the_zone_that_is_set(till, warehouse):
    till.keep(1, "2026-11-20")
    till.keep(2, "2026-11-20", date_created="2026-11-20T12:00:00+02:00")
    sync(till, warehouse, zone="America/New_York")
    assert [row["ordered_at"].hour for row in rows(warehouse).values()] == [17, 10]


def test_a_second_sync_reads_the_last_days_again_loads_nothing_and_says_what_did_not_change(till, warehouse):
    till.fill(400, "2026-09-01", 84)
    first = sync(till, warehouse)
    assert (first.total, first.read - first.unchanged, first.loading.duplicates) == (400, 400, 0)
    till.asked.clear()
    again = sync(till, warehouse)
    assert (again.loading, again.read) == (None, again.unchanged)
    assert len(till.asked) == 3
    assert 0 < again.read < 60


def test_an_order_that_is_new_and_one_that_changed_in_the_last_days_are_loaded_alone(till, warehouse, clock):
    till.fill(100, "2026-11-01", 20)
    sync(till, warehouse)
    clock.forward(timedelta(days=1))
    till.keep(500, "2026-11-25")
    till.keep(99, "2026-11-20", status="cancelled")
    found = sync(till, warehouse)
    assert (found.loading.loaded, found.total) == (2, 101)
    assert rows(warehouse)["alleaves/99"]["status"] == "cancelled"


def test_an_older_order_that_changes_is_found_by_reading_everything(till, warehouse):
    till.fill(50, "2026-10-01", 20)
    sync(till, warehouse)
    till.keep(3, "2026-10-02", status="cancelled")
    assert sync(till, warehouse).loading is None
    assert sync(till, warehouse, whole=True).total == 50
    assert rows(warehouse)["alleaves/3"]["status"] == "cancelled"


def test_a_sync_that_breaks_off_goes_on_where_it_was(till, warehouse):
    till.fill(900, "2026-09-01", 84)
    till.troubles = [*[None] * 5, *[json_answer({}, 503)] * 4]
    with pytest.raises(RetryLater):
        sync(till, warehouse)
    asked = len(till.asked)
    found = sync(till, warehouse)
    assert (found.resumed, found.total) == (True, 900)
    assert till.asked[asked] == till.asked[asked - 1]


def test_orders_that_do_not_fit_are_refused_with_their_reason_and_the_rest_is_loaded(till, warehouse):
    till.fill(5, "2026-11-20", 2)
    till.keep(1, "2026-11-20", total="a lot")
    till.keep(2, "2026-11-20", total=None)
    till.keep(3, "2026-11-20", id_order="")
    till.keep(4, "2026-11-20", id_order=None)
    found = sync(till, warehouse)
    assert found.total == 1
    assert found.loading.reasons == {
        "total_cents is not an amount of money": 1,
        "total_cents is empty": 1,
        "id is empty": 2,
    }
    assert "a lot" in found.loading.quarantine.read_text()


def test_a_field_that_no_order_has_is_refused_where_rows_need_it_and_told_where_they_do_not(till, warehouse):
    till.fill(3, "2026-11-20", 1)
    with pytest.raises(InvalidInput, match=r"No order of Alleaves has a field totl.*Did you mean total\?"):
        sync(till, warehouse, {**FIELDS, "total_cents": "totl:usd"})
    assert warehouse.held("orders") is None
    found = sync(till, warehouse, {**FIELDS, "status": "stauts"})
    (told,) = found.drift
    assert told.startswith("no order has a field stauts, so status is not known. Did you mean status?")
    assert {row["unread"] for row in rows(warehouse).values()} == {" -consumer_id -currency -status -mode -category "}


def test_one_order_without_a_field_that_others_had_is_refused_alone(till, warehouse, clock):
    till.fill(3, "2026-11-20", 1)
    sync(till, warehouse)
    clock.forward(timedelta(days=30))
    till.keep(9, "2026-12-20")
    del till.orders[9]["total"]
    found = sync(till, warehouse)
    assert (found.useless, found.loading.reasons) == (True, {"total_cents is empty": 1})


def test_a_schema_that_changes_is_told_and_a_field_that_has_gone_is_unread_and_not_empty(till, warehouse, clock):
    till.fill(ENOUGH, "2026-11-20", 1)
    assert sync(till, warehouse).drift == ()
    clock.forward(timedelta(days=30))
    till.fill(ENOUGH, "2026-12-20", 1)
    for order in till.orders.values():
        order["state"] = order.pop("status")
        order["total"] = str(order["total"])
    found = sync(till, warehouse)
    assert found.drift[:3] == (
        "the field state is new (text)",
        "the field status has gone",
        "the field total was number and is number or text now",
    )
    assert found.drift[3].startswith("no order has a field status, so status is not known.")
    assert {row["status"] for row in rows(warehouse).values()} == {None}
    assert all(" -status " in row["unread"] for row in rows(warehouse).values())


REFUSED = [
    ({}, "It is not said which fields"),
    ({**FIELDS, "total_cents": ""}, "says nothing of total_cents"),
    ({"id": "id_order"}, "says nothing of organization_id"),
    ({**FIELDS, "id": "@one"}, "id of something else than one field"),
    ({**FIELDS, "id": "id_order:sha256"}, "id of something else than one field"),
    ({**FIELDS, "totl_cents": "total"}, "Did you mean total_cents"),
    ({**FIELDS, "ordered_at": "date_created:usd"}, "usd does not make a time"),
]


@pytest.mark.parametrize(("fields", "told"), REFUSED)
def test_a_declaration_that_does_not_fit_is_refused_before_anything_is_asked(till, warehouse, fields, told):
    with pytest.raises(InvalidInput) as caught:
        sync(till, warehouse, fields)
    assert told in str(caught.value)
    assert till.asked == []


def test_another_declaration_reads_everything_anew(till, warehouse):
    till.fill(20, "2026-09-10", 20)
    sync(till, warehouse)
    found = sync(till, warehouse, {**FIELDS, "category": "items.0.name"})
    assert (found.whole, found.total) == (True, 20)
    assert {row["category"] for row in rows(warehouse).values()} == {"Gummies"}
