"""Ways in which figures of a platform went wrong before: each has a test that it cannot happen here."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import Unknown
from opsbook.warehouse import Warehouse, activity, health, retention, revenue, risk, signups, silence
from opsbook.warehouse.daily import daily_metrics
from warehouse.companies import AS_OF, DAY, GARBAGE, put, put_all

START, YESTERDAY, LONG_AGO = AS_OF - 7 * DAY, AS_OF - DAY, AS_OF - 90 * DAY


def test_f7_a_failed_read_is_unknown_and_never_0(warehouse: Warehouse) -> None:
    assert revenue.mrr_now(warehouse, AS_OF) == Unknown("subscriptions were never loaded")
    assert signups.signups(warehouse, START, AS_OF)[0]["reason"] == "users were never loaded"
    assert isinstance(silence.silent_organizations(warehouse, AS_OF, 7, match_all=True, limit=1), Unknown)


def test_f7_open_tickets_nobody_could_read_are_no_0(warehouse: Warehouse, tmp_path: Path) -> None:
    put_all(warehouse, tmp_path, {"organizations": [{"id": "o", "name": "O", "created_at": LONG_AGO}]})
    found: Any = risk.organizations_at_risk(warehouse, AS_OF, login_days=14, campaign_days=30, match_all=False, limit=5)
    assert found.unread["ticket"] == Unknown("tickets were never loaded")
    assert found.figures["at_risk"]["value"] is None


def test_f8_no_figure_is_a_constant_each_follows_its_rows(warehouse: Warehouse, tmp_path: Path) -> None:
    assert {one["value"] for one in daily_metrics(warehouse, AS_OF).values()} == {None}
    for n in (1, 2):
        times = [(str(key), YESTERDAY) for key in range(n)]
        tables = {
            "users": [{"id": key, "created_at": at, "last_login_at": at, "role": "brand"} for key, at in times],
            "errors": [{"id": key, "at": at, "level": "error"} for key, at in times],
            "requests": [{"at": at, "service": key, "requests": 10, "server_errors": n} for key, at in times],
            "orders": [{"id": key, "organization_id": "o", "ordered_at": at, "total_cents": 5} for key, at in times],
            "subscriptions": [
                {"id": key, "organization_id": key, "status": "active", "amount_cents": 9, "interval_months": 1}
                for key, _ in times
            ],
        }
        put_all(warehouse, tmp_path, tables)
        found = {name: one["value"] for name, one in daily_metrics(warehouse, AS_OF).items()}
        expected = {"signups": n, "active_users": n, "errors": n, "gmv": 5 * n, "revenue": 9 * n, "error_rate": n / 10}
        assert found == expected


def test_f9_every_figure_says_what_it_rests_on(warehouse: Warehouse, tmp_path: Path) -> None:
    put(warehouse, tmp_path, "errors", [{"id": "1", "at": YESTERDAY, "level": "error"}])
    for one in daily_metrics(warehouse, AS_OF).values():
        assert {"metric", "unit", "n", "as_of", "window", "completeness"} <= set(one)
        assert one["as_of"] == AS_OF.isoformat()


def test_f10_arguments_change_the_answer_and_both_ways_of_asking_agree(warehouse: Warehouse, tmp_path: Path) -> None:
    times = (YESTERDAY, AS_OF - 3 * DAY)
    put(warehouse, tmp_path, "errors", [{"id": str(n), "at": at, "level": "error"} for n, at in enumerate(times)])
    counts = [health.errors(warehouse, AS_OF - days * DAY, AS_OF)["count"]["value"] for days in (1, 7)]
    groups: Any = health.error_groups(warehouse, START, AS_OF, levels=["error"], query="", limit=5)
    assert counts == [1, 2]
    assert daily_metrics(warehouse, AS_OF)["errors"]["value"] == counts[0]
    assert sum(one["count"] for one in groups) == counts[1]


def test_f11_dates_of_mixed_kinds_are_one_kind_of_time(warehouse: Warehouse, tmp_path: Path) -> None:
    seconds = YESTERDAY.timestamp()
    kinds: list[Any] = [
        YESTERDAY.isoformat(),
        YESTERDAY.strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{YESTERDAY:%Y-%m-%d}T09:00:00-05:00",
        int(seconds),
        int(seconds * 1000),
    ]
    put(warehouse, tmp_path, "errors", [{"id": str(n), "at": at, "level": "error"} for n, at in enumerate(kinds)])
    hour = DAY / 24
    assert health.errors(warehouse, YESTERDAY, YESTERDAY + hour)["count"]["value"] == len(kinds)


def test_f11_a_wrong_field_or_table_is_an_error_and_no_empty_answer(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        put(warehouse, tmp_path, "error_tickets", [{"id": "1"}])
    with pytest.raises(InvalidInput):
        put(warehouse, tmp_path, "errors", [{"id": "1", "when": YESTERDAY, "level": "error"}])
    put(warehouse, tmp_path, "users", [{"id": "u", "created_at": YESTERDAY, "lastLogin_typo": YESTERDAY}])
    found = activity.active_users(warehouse, START, AS_OF)
    assert found["reason"] == "users were loaded without last_login_at"


def test_f12_data_that_stopped_coming_are_no_quiet_week(warehouse: Warehouse, tmp_path: Path, clock: Any) -> None:
    clock.at = AS_OF - 30 * DAY
    put(warehouse, tmp_path, "orders", [{"id": "1", "organization_id": "o", "ordered_at": LONG_AGO, "total_cents": 1}])
    found = activity.gmv(warehouse, START, AS_OF)
    assert (found["value"], found["status"]) == (None, "unknown")


def test_f13_never_purchased_people_are_a_segment_of_their_own_and_not_churned(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    users = [{"id": key, "role": "customer", "created_at": LONG_AGO} for key in ("never", "ever")]
    order = {"id": "1", "organization_id": "o", "consumer_id": "ever", "ordered_at": LONG_AGO, "total_cents": 10}
    put_all(warehouse, tmp_path, {"users": users, "orders": [order]})
    found: Any = retention.rfm(warehouse, AS_OF, retention.Whose.CONSUMER)
    units = {one["segment"]: one["units"]["value"] for one in found}
    assert units[retention.NEVER] == 1
    assert sum(units.values()) == 2


@pytest.mark.parametrize("written", [GARBAGE, "", "0000-00-00"])
def test_f13_a_date_nobody_can_read_is_unknown_and_not_long_ago(
    warehouse: Warehouse, tmp_path: Path, written: str
) -> None:
    tables: dict[str, list[dict[str, Any]]] = {
        "organizations": [{"id": "o", "name": "O", "created_at": LONG_AGO}],
        "users": [
            {"id": "u", "organization_id": "o", "role": "brand", "created_at": LONG_AGO, "last_login_at": written}
        ],
        "orders": [{"id": "1", "organization_id": "x", "ordered_at": YESTERDAY, "total_cents": 1}],
        "campaigns": [{"id": "1", "organization_id": "x", "sent_at": YESTERDAY}],
    }
    put_all(warehouse, tmp_path, tables)
    found: Any = silence.silent_organizations(warehouse, AS_OF, 7, match_all=True, limit=5)
    told = [one["days_silent"]["login"] for one in found.organizations]
    assert told == ([None] if not written else [])
    assert found.not_determined == (1 if written else 0)


def test_reading_rule_missing_and_null_cells_are_the_same(warehouse: Warehouse, tmp_path: Path) -> None:
    rows = [
        {"id": "1", "role": "brand", "created_at": YESTERDAY, "signup_at": None},
        {"id": "2", "role": "brand", "created_at": YESTERDAY},
    ]
    put(warehouse, tmp_path, "users", rows)
    assert signups.signups(warehouse, START, AS_OF)[0]["value"] == 2


def test_reading_rule_test_accounts_and_invented_addresses_count_nowhere(warehouse: Warehouse, tmp_path: Path) -> None:
    person: dict[str, Any] = {"role": "brand", "created_at": YESTERDAY, "last_login_at": YESTERDAY}
    users = [{**person, "id": "1", "is_test": True}, {**person, "id": "2", "email": "77@pos.local"}]
    tables: dict[str, list[dict[str, Any]]] = {
        "users": users,
        "organizations": [{"id": "t", "name": "T", "created_at": LONG_AGO, "is_test": True}],
        "subscriptions": [
            {"id": "s", "organization_id": "t", "status": "active", "amount_cents": 9, "interval_months": 1}
        ],
    }
    put_all(warehouse, tmp_path, tables)
    daily = daily_metrics(warehouse, AS_OF)
    assert [daily[name]["value"] for name in ("signups", "active_users", "revenue")] == [0, 0, 0]


def test_reading_rule_times_leave_with_their_zone(warehouse: Warehouse, tmp_path: Path) -> None:
    put(warehouse, tmp_path, "errors", [{"id": "1", "at": YESTERDAY, "level": "error"}])
    window: Any = health.errors(warehouse, START, AS_OF)["count"]["window"]
    assert [datetime.fromisoformat(window[edge]) for edge in ("start", "end")] == [START, AS_OF]


def test_reading_rule_a_list_is_cut_at_its_limit_and_says_how_many_there_are(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    put_all(
        warehouse,
        tmp_path,
        {
            "organizations": [{"id": str(n), "name": str(n), "created_at": LONG_AGO} for n in range(5)],
            "users": [{"id": "u", "role": "brand", "created_at": LONG_AGO, "last_login_at": None}],
            "orders": [{"id": "1", "organization_id": "x", "ordered_at": YESTERDAY, "total_cents": 1}],
            "campaigns": [{"id": "1", "organization_id": "x", "sent_at": YESTERDAY}],
        },
    )
    found: Any = silence.silent_organizations(warehouse, AS_OF, 7, match_all=True, limit=2)
    assert (len(found.organizations), found.inactive) == (2, 5)
