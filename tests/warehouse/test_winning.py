"""Whom to win back first: nobody is added, left out or judged otherwise by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from opsbook.sdk.values import JsonObject, Unknown
from opsbook.warehouse import Warehouse
from opsbook.warehouse.winning import winnable_first
from warehouse.companies import AS_OF, DAY, put
from warehouse.test_alive import orders

UNPRICED = Unknown("subscriptions were never loaded").as_json()


def silent(key: str, mrr_cents: Any) -> JsonObject:
    return {"organization_id": key, "mrr_cents": mrr_cents}


@pytest.fixture
def platform(warehouse: Warehouse, tmp_path: Path) -> Warehouse:
    often = [("gone", day) for day in range(200, 300, 3)] + [("slow", day) for day in range(30, 330, 30)]
    more = [
        {"id": f"{key}-{day}", "organization_id": key, "ordered_at": AS_OF - day * DAY, "total_cents": 1}
        for key, day in [*often, ("once", 9)]
    ]
    put(warehouse, tmp_path, "orders", orders(400, seed=3) + more)
    return warehouse


def test_the_revenue_that_is_still_there_comes_first(platform: Warehouse) -> None:
    asked = [silent("gone", 9000), silent("slow", 5000), silent("once", 3000), silent("never", 2000)]
    found: list[Any] = winnable_first(platform, asked, AS_OF)
    assert [one["organization_id"] for one in found] == ["slow", "once", "never", "gone"]
    by = {one["organization_id"]: one for one in found}
    assert by["gone"]["alive"]["value"] < 0.1 < 0.7 < by["slow"]["alive"]["value"]
    assert by["slow"]["win_back_cents"]["value"] == round(5000 * by["slow"]["alive"]["value"])
    assert by["once"]["win_back_cents"] == by["once"]["alive"]
    assert by["never"]["alive"]["reason"] == "it never had an order"


def test_nobody_is_left_out_and_what_was_said_of_them_stays(platform: Warehouse) -> None:
    asked = [{**silent(f"o{unit}", 100 * unit), "reason": "no_login"} for unit in range(30)]
    found = winnable_first(platform, asked, AS_OF)
    kept = [{name: value for name, value in one.items() if name not in ("alive", "win_back_cents")} for one in found]
    assert sorted(kept, key=lambda one: str(one)) == sorted(asked, key=lambda one: str(one))


def test_an_unknown_revenue_is_no_revenue_of_zero_and_keeps_the_order(platform: Warehouse) -> None:
    asked = [silent("slow", UNPRICED), silent("gone", UNPRICED)]
    found = winnable_first(platform, asked, AS_OF)
    assert [one["organization_id"] for one in found] == ["slow", "gone"]
    assert [one["win_back_cents"] for one in found] == [UNPRICED, UNPRICED]


def test_where_no_chance_is_known_the_order_stays_as_it_was(warehouse: Warehouse) -> None:
    asked = [silent("b", 300), silent("a", 200), silent("c", 200)]
    assert [one["organization_id"] for one in winnable_first(warehouse, asked, AS_OF)] == ["b", "a", "c"]
