"""The terms of recurring revenue, each with a few rows and the answer worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from opsbook.sdk.values import Unknown
from opsbook.warehouse import Warehouse, revenue
from opsbook.warehouse.changes import Baseline, compared
from opsbook.warehouse.revenue import Kind, Mrr, movements
from warehouse.companies import AS_OF, DAY, put

BEFORE = {"up": 100, "down": 300, "gone": 200, "same": 400}
AFTER = {"up": 150, "down": 100, "same": 400, "fresh": 70, "back": 30}


def paid(key: str, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "organization_id": "o",
        "status": "active",
        "amount_cents": 1000,
        "interval_months": 1,
        **more,
    }


def now(warehouse: Warehouse, folder: Path, *rows: dict[str, Any]) -> Any:
    put(warehouse, folder, "subscriptions", rows)
    return revenue.mrr_now(warehouse, AS_OF)


def change(warehouse: Warehouse, metric: str, before: dict[str, int] | None = None) -> Any:
    start = BEFORE if before is None else before
    day = datetime(2026, 11, 17, tzinfo=UTC)
    baseline = Baseline(day.date(), start, lambda: {"back"}, day, reconstructed=False)
    return compared(warehouse, metric, AS_OF - 7 * DAY, AS_OF, Mrr(AFTER, 0, 0, 0), baseline)


@pytest.fixture
def loaded(warehouse: Warehouse, tmp_path: Path) -> Warehouse:
    put(warehouse, tmp_path, "subscriptions", [paid("1")])
    return warehouse


def test_mrr_of_an_organisation_sums_its_distinct_subscriptions(warehouse: Warehouse, tmp_path: Path) -> None:
    assert now(warehouse, tmp_path, paid("1"), paid("2", amount_cents=250)).cents == {"o": 1250}


def test_mrr_counts_a_subscription_of_one_provider_id_once(warehouse: Warehouse, tmp_path: Path) -> None:
    twice = [paid(key, provider_subscription_id="p") for key in "12"]
    assert now(warehouse, tmp_path, *twice, paid("3"), paid("4")).cents == {"o": 3000}


def test_mrr_counts_past_due_as_revenue_and_shows_it_apart(warehouse: Warehouse, tmp_path: Path) -> None:
    found = now(warehouse, tmp_path, paid("1"), paid("2", organization_id="late", status="past_due", amount_cents=90))
    assert (found.total, found.past_due_cents, found.past_due) == (1090, 90, 1)


def test_mrr_counts_trialing_as_nothing_and_lists_it(warehouse: Warehouse, tmp_path: Path) -> None:
    found = now(warehouse, tmp_path, paid("1"), paid("2", organization_id="new", status="trialing"))
    assert (found.cents, found.trialing) == ({"o": 1000}, 1)


def test_mrr_counts_an_annual_amount_as_a_twelfth(warehouse: Warehouse, tmp_path: Path) -> None:
    assert now(warehouse, tmp_path, paid("1", amount_cents=120_000, interval_months=12)).total == 10_000


def test_mrr_is_whole_cents_half_a_cent_up(warehouse: Warehouse, tmp_path: Path) -> None:
    assert now(warehouse, tmp_path, paid("1", amount_cents=30, interval_months=12)).total == 3
    assert now(warehouse, tmp_path, paid("1", amount_cents=100, interval_months=3)).total == 33


def test_mrr_in_two_currencies_has_no_sum(warehouse: Warehouse, tmp_path: Path) -> None:
    both = paid("1", currency="usd"), paid("2", currency="cad")
    assert now(warehouse, tmp_path, *both) == Unknown("subscriptions are in several currencies: cad, usd")


def test_mrr_does_not_grow_with_the_users_of_an_organisation(loaded: Warehouse, tmp_path: Path) -> None:
    users = [{"id": str(n), "organization_id": "o", "created_at": AS_OF - DAY, "role": "brand"} for n in range(5)]
    put(loaded, tmp_path, "users", users)
    assert revenue.mrr_figure(loaded, AS_OF)["value"] == 1000


def test_movements_are_of_five_kinds_each_organisation_in_one() -> None:
    found = {one.organization_id: (one.kind, one.cents) for one in movements(BEFORE, AFTER, {"back"})}
    assert found == {
        "fresh": (Kind.NEW, 70),
        "back": (Kind.REACTIVATION, 30),
        "up": (Kind.EXPANSION, 50),
        "down": (Kind.CONTRACTION, 200),
        "gone": (Kind.CHURNED, 200),
    }


def test_movements_make_the_start_the_end() -> None:
    assert sum(BEFORE.values()) + 70 + 30 + 50 - 200 - 200 == sum(AFTER.values())
    moved = sum(one.after_cents - one.before_cents for one in movements(BEFORE, AFTER, ()))
    assert moved == sum(AFTER.values()) - sum(BEFORE.values())


def test_growth_is_the_difference_by_the_start(loaded: Warehouse) -> None:
    assert change(loaded, "mrr_growth")["value"] == -0.25


def test_nrr_leaves_out_who_is_new_or_came_back(loaded: Warehouse) -> None:
    assert change(loaded, "nrr")["value"] == 0.65


def test_churn_rate_is_who_left_of_those_who_paid_at_the_start(loaded: Warehouse) -> None:
    assert change(loaded, "churn_rate")["value"] == 0.25
    assert change(loaded, "churn_rate_28_days")["value"] == 0.25


def test_churn_dollar_value_is_the_churned_revenue(loaded: Warehouse) -> None:
    assert change(loaded, "churned_mrr")["value"] == 200


@pytest.mark.parametrize("metric", ["mrr_growth", "nrr", "churn_rate", "revenue_churn_rate"])
def test_growth_and_nrr_from_a_start_of_nothing_are_unknown(loaded: Warehouse, metric: str) -> None:
    found = change(loaded, metric, {})
    assert (found["value"], found["reason"]) == (None, "there was no revenue at the start")


def test_growth_without_a_snapshot_has_no_baseline_yet(loaded: Warehouse) -> None:
    none = Unknown("no baseline yet")
    found = compared(loaded, "mrr_growth", AS_OF - 7 * DAY, AS_OF, Mrr(AFTER, 0, 0, 0), none)
    assert (found["value"], found["status"], found["reason"]) == (None, "unknown", "no baseline yet")
