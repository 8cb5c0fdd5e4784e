"""What was never loaded, came too early, or cannot be read is unknown, with its reason: never 0, never nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.values import Unknown, unknown_in
from opsbook.warehouse import Warehouse, activity, health, orders, revenue, risk, signups, silence
from opsbook.warehouse.daily import daily_metrics
from warehouse.companies import AS_OF, DAY, company, put, put_all

START = AS_OF - DAY


def silent(warehouse: Warehouse) -> Any:
    return silence.silent_organizations(warehouse, AS_OF, 7, match_all=True, limit=10)


def risky(warehouse: Warehouse) -> Any:
    return risk.organizations_at_risk(warehouse, AS_OF, login_days=14, campaign_days=30, match_all=False, limit=10)


FIGURES: dict[str, dict[str, Callable[[Warehouse], Any]]] = {
    "users": {
        "signups": lambda w: signups.signups(w, START, AS_OF)[0],
        "a cohort": lambda w: signups.signups(w, START, AS_OF)[1]["brand"],
        "a source": lambda w: signups.sources(w, START, AS_OF)["academy"],
        "active users": lambda w: activity.active_users(w, START, AS_OF),
    },
    "leads": {
        "a source": lambda w: signups.sources(w, START, AS_OF)["unattributed"],
        "who entered": lambda w: signups.funnel(w, START, AS_OF)["entered"],
        "conversion": lambda w: signups.funnel(w, START, AS_OF)["conversion_rate"],
    },
    "subscriptions": {
        "who pays": lambda w: signups.funnel(w, AS_OF - 90 * DAY, AS_OF)["paying"],
        "revenue": lambda w: revenue.mrr_now(w, AS_OF),
        "its total": lambda w: revenue.mrr_figure(w, AS_OF),
        "its past": lambda w: revenue.reconstruct_mrr(w, AS_OF.date(), ZoneInfo("UTC")),
        "what is at stake": lambda w: risky(w).at_stake_cents,
    },
    "orders": {
        "their value": lambda w: activity.gmv(w, START, AS_OF),
        "histories": lambda w: orders.histories(w, ["org-0"], AS_OF),
        "silence": lambda w: orders.consumers_by_silence(w, AS_OF, [7]),
        "cohorts": lambda w: orders.consumer_cohorts(w, AS_OF),
        "how often": lambda w: orders.consumers_by_orders(w, AS_OF),
    },
    "errors": {
        "critical ones": lambda w: health.errors(w, START, AS_OF)["critical"],
        "groups": lambda w: health.error_groups(w, START, AS_OF, levels=["error"], query="", limit=5),
    },
    "requests": {"rate": lambda w: health.errors(w, START, AS_OF)["rate"]},
    "usage": {"quotas": lambda w: health.quotas(w, AS_OF)},
    "organizations": {"the silent": silent, "the risky": risky},
}


@pytest.mark.parametrize("table", FIGURES)
def test_a_table_that_was_never_loaded_makes_its_figures_unknown(
    warehouse: Warehouse, tmp_path: Path, table: str
) -> None:
    rows = company(3)
    rows["users"] = [{**one, "last_login_at": AS_OF - 90 * DAY} for one in rows["users"]]
    put_all(warehouse, tmp_path, {name: found for name, found in rows.items() if name != table})
    unknown = Unknown(f"{table} {verb(table)} never loaded")
    for name, figure in FIGURES[table].items():
        assert unknown_in(figure(warehouse)) == unknown, name
    put(warehouse, tmp_path, table, rows[table])
    for name, figure in FIGURES[table].items():
        assert unknown_in(figure(warehouse)) != unknown, name


def verb(table: str) -> str:
    return "were" if table.endswith("s") else "was"


def test_in_an_empty_warehouse_every_daily_metric_is_unknown(warehouse: Warehouse) -> None:
    assert {name for name, one in daily_metrics(warehouse, AS_OF).items() if unknown_in(one) is None} == set()


def test_a_column_that_the_file_did_not_have_is_no_empty_column(warehouse: Warehouse, tmp_path: Path) -> None:
    put(warehouse, tmp_path, "users", [{"id": "u", "created_at": START, "role": "brand"}])
    found = unknown_in(activity.active_users(warehouse, START, AS_OF))
    assert found == Unknown("users were loaded without last_login_at")
    put(warehouse, tmp_path, "users", [{"id": "u", "created_at": START, "role": "brand", "last_login_at": None}])
    assert activity.active_users(warehouse, START, AS_OF)["value"] == 0


def test_data_that_end_before_a_window_have_seen_nothing_of_it(
    warehouse: Warehouse, tmp_path: Path, clock: SteppedClock
) -> None:
    clock.at = AS_OF - 9 * DAY
    put_all(warehouse, tmp_path, {"errors": [{"id": "1", "at": AS_OF - 10 * DAY, "level": "critical"}]})
    late = health.errors(warehouse, START, AS_OF)["critical"]
    assert "last loaded before this period, on 2026-11-15 14:00 UTC" in str(late["reason"])
    assert health.errors(warehouse, AS_OF - 10 * DAY, AS_OF)["critical"]["value"] == 1
    assert warehouse.warnings("errors", until=AS_OF) == (
        "errors were last loaded on 2026-11-15 14:00 UTC; what came later is missing.",
    )


def test_a_file_that_says_the_same_again_is_news_of_today(
    warehouse: Warehouse, tmp_path: Path, clock: SteppedClock
) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("id,organization_id,ordered_at,total_cents\na,o1,2026-01-01T00:00:00Z,5\n")
    warehouse.load("orders", file)
    clock.forward(timedelta(days=9))
    assert warehouse.lacks("orders", since=clock.now() - DAY)
    assert warehouse.load("orders", file).unchanged
    assert warehouse.lacks("orders", since=clock.now() - DAY) is None


def test_later_logins_make_active_users_of_a_past_window_unknown(warehouse: Warehouse, tmp_path: Path) -> None:
    put(warehouse, tmp_path, "users", [{"id": "u", "created_at": START, "last_login_at": AS_OF - timedelta(hours=1)}])
    assert activity.active_users(warehouse, START, AS_OF)["value"] == 1
    assert "overwrote" in str(activity.active_users(warehouse, START - DAY, START)["reason"])


def test_amounts_in_two_currencies_have_no_sum(warehouse: Warehouse, tmp_path: Path) -> None:
    contract = {"organization_id": "o", "status": "active", "amount_cents": 100, "interval_months": 1}
    order = {"organization_id": "o", "ordered_at": START, "total_cents": 5}
    both = [{"id": "1", "currency": "USD"}, {"id": "2", "currency": "cad"}]
    put(warehouse, tmp_path, "subscriptions", [{**contract, **one} for one in both])
    put(warehouse, tmp_path, "orders", [{**order, **one} for one in both])
    assert revenue.mrr_now(warehouse, AS_OF) == Unknown("subscriptions are in several currencies: cad, usd")
    assert activity.gmv(warehouse, START, AS_OF)["status"] == "unknown"
    history: Any = orders.histories(warehouse, ["o"], AS_OF)
    assert history["o"]["total_cents"]["status"] == "unknown"
    assert history["o"]["count"] == 2


def test_an_error_rate_needs_requests(warehouse: Warehouse, tmp_path: Path) -> None:
    put(warehouse, tmp_path, "errors", [{"id": "1", "at": START, "level": "error"}])
    put(warehouse, tmp_path, "requests", [{"at": START - DAY, "requests": 5, "server_errors": 1}])
    seen = health.errors(warehouse, START, AS_OF)
    assert (seen["count"]["value"], seen["rate"]["status"]) == (1, "unknown")
    put(warehouse, tmp_path, "requests", [{"at": START, "requests": 0, "server_errors": 0}])
    seen = health.errors(warehouse, START, AS_OF)
    assert (seen["requests"]["value"], seen["rate"]["reason"]) == (0, "no requests in this period")


def test_an_organisation_with_a_login_nobody_can_read_is_undetermined(warehouse: Warehouse, tmp_path: Path) -> None:
    rows = {
        "organizations": [{"id": key, "name": key, "created_at": AS_OF - 50 * DAY} for key in ("dark", "gone", "busy")],
        "users": [
            {"id": "1", "organization_id": "dark", "created_at": START, "role": "brand", "last_login_at": "lately"},
            {"id": "2", "organization_id": "gone", "created_at": START, "role": "brand", "last_login_at": None},
            {"id": "3", "organization_id": "busy", "created_at": START, "role": "brand", "last_login_at": "lately"},
            {"id": "4", "organization_id": "busy", "created_at": START, "role": "brand", "last_login_at": START},
        ],
        "orders": [{"id": "1", "organization_id": "x", "ordered_at": START, "total_cents": 1}],
        "campaigns": [{"id": "1", "organization_id": "x", "sent_at": START}],
    }
    put_all(warehouse, tmp_path, rows)
    found = silent(warehouse)
    assert [one["organization_id"] for one in found.organizations] == ["gone"]
    assert found.undetermined == [{"id": "dark", "name": "dark", "unread": ["login"]}]
    assert (found.eligible, found.inactive, found.not_determined) == (3, 1, 1)
