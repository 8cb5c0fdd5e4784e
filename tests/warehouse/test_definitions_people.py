"""The terms that count people, each with a few rows and the answer worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opsbook.warehouse import Warehouse, activity, health, signups
from warehouse.companies import AS_OF, DAY, SECOND, put, put_all

START = AS_OF - 7 * DAY
INSIDE = AS_OF - DAY


def user(key: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "role": "brand", "email": f"{key}@example.com", "created_at": INSIDE, **more}


def values(figures: Any) -> dict[str, Any]:
    return {name: one["value"] for name, one in figures.items() if one["value"]}


def test_window_is_half_open_its_start_counts_and_its_end_does_not(warehouse: Warehouse, tmp_path: Path) -> None:
    times = (START - SECOND, START, AS_OF - SECOND, AS_OF)
    put(warehouse, tmp_path, "errors", [{"id": str(n), "at": at, "level": "error"} for n, at in enumerate(times)])
    assert health.errors(warehouse, START, AS_OF)["count"]["value"] == 2


def test_window_hangs_on_the_scheduled_time_so_that_a_retry_measures_the_same(
    warehouse: Warehouse, tmp_path: Path, clock: Any
) -> None:
    put(warehouse, tmp_path, "orders", [{"id": "1", "organization_id": "o", "ordered_at": INSIDE, "total_cents": 7}])
    first = activity.gmv(warehouse, START, AS_OF)
    clock.at = AS_OF + DAY / 2
    assert activity.gmv(warehouse, START, AS_OF) == first


def test_cohorts_are_role_families_and_the_rest_is_shown_apart(warehouse: Warehouse, tmp_path: Path) -> None:
    roles = ("customer", "budtender", "dispensary_admin", "brand_member", "intern", "super_user", "grower")
    put(warehouse, tmp_path, "users", [user(role, role=role) for role in roles])
    total, cohorts = signups.signups(warehouse, START, AS_OF)
    assert values(cohorts) == {"customer": 1, "dispensary": 2, "brand": 1, "other": 1, "internal": 2}
    assert total["value"] == 5


def test_sources_are_four_and_other_and_unattributed_and_sum_to_the_total(warehouse: Warehouse, tmp_path: Path) -> None:
    words = {"a": "vibe-studio", "b": "mobile-vibe-ios", "c": "academy", "d": "training", "e": "age_gate", "f": "fair"}
    leads = [
        {"id": key, "email": f"{key.upper()}@example.com ", "source": word, "captured_at": START}
        for key, word in words.items()
    ]
    put_all(warehouse, tmp_path, {"users": [user(key) for key in "abcdefg"], "leads": leads})
    found = values(signups.sources(warehouse, START, AS_OF))
    expected = {"vibe_studio": 2, "academy": 1, "training": 1, "age_gate": 1, "other": 1, "unattributed": 1}
    assert found == expected
    assert signups.signups(warehouse, START, AS_OF)[0]["value"] == 7


def test_sources_of_a_person_in_two_places_is_the_earliest_touch(warehouse: Warehouse, tmp_path: Path) -> None:
    leads = [
        {"id": "1", "email": "a@example.com", "source": "academy", "captured_at": INSIDE - SECOND},
        {"id": "2", "email": "A@Example.com", "source": "age_gate", "captured_at": START},
    ]
    put_all(warehouse, tmp_path, {"users": [user("a")], "leads": leads})
    assert values(signups.sources(warehouse, START, AS_OF)) == {"age_gate": 1}


def test_signup_is_at_signup_at_else_at_created_at(warehouse: Warehouse, tmp_path: Path) -> None:
    rows = [
        user("late", created_at=START - DAY, signup_at=INSIDE),
        user("later", created_at=START - DAY, signup_at=INSIDE),
        user("early", created_at=INSIDE, signup_at=START - DAY),
        user("plain", created_at=INSIDE, signup_at=None),
    ]
    put(warehouse, tmp_path, "users", rows)
    assert signups.signups(warehouse, START, AS_OF)[0]["value"] == 3


def test_signup_counts_no_test_account_no_invented_address_and_no_internal_role(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    rows = [
        user("test", is_test=True),
        user("till", email="x@shop.local"),
        user("ours", role="super_admin"),
        user("real"),
    ]
    put(warehouse, tmp_path, "users", rows)
    assert signups.signups(warehouse, START, AS_OF)[0]["value"] == 1


def test_active_user_is_one_whose_last_login_is_inside(warehouse: Warehouse, tmp_path: Path) -> None:
    times = {"before": START - SECOND, "start": START, "inside": INSIDE, "never": None}
    put(warehouse, tmp_path, "users", [user(key, last_login_at=at) for key, at in times.items()])
    assert activity.active_users(warehouse, START, AS_OF)["value"] == 2


def test_active_user_of_a_past_window_cannot_be_rebuilt(warehouse: Warehouse, tmp_path: Path) -> None:
    put(warehouse, tmp_path, "users", [user("a", last_login_at=INSIDE)])
    found = activity.active_users(warehouse, START - 7 * DAY, START)
    assert (found["value"], found["status"]) == (None, "unknown")


def entered(warehouse: Warehouse, tmp_path: Path) -> dict[str, Any]:
    """Four entered: a lead of last week's (no), two leads of one person, a lead that never signed up, two direct."""
    leads = [
        {"id": "1", "email": "lead@example.com", "source": "academy", "captured_at": INSIDE - DAY},
        {"id": "2", "email": "LEAD@example.com", "source": "age_gate", "captured_at": INSIDE},
        {"id": "3", "email": "gone@example.com", "source": "academy", "captured_at": INSIDE},
        {"id": "4", "email": "old@example.com", "source": "academy", "captured_at": START - DAY},
    ]
    login = {"approved_at": INSIDE, "approval_status": "approved", "last_login_at": INSIDE + SECOND}
    users = [
        user("lead", organization_id="pays", claimed_at=None, **login),
        user("direct", organization_id="free", claimed_at=None, **login),
        user("idle", claimed_at=None, last_login_at=None),
        user("old", claimed_at=None, last_login_at=None),
    ]
    paid = {"id": "s", "organization_id": "pays", "status": "active", "amount_cents": 100, "interval_months": 1}
    put_all(warehouse, tmp_path, {"leads": leads, "users": users, "subscriptions": [{**paid, "started_at": INSIDE}]})
    found: Any = signups.funnel(warehouse, START, AS_OF)
    return {name: one["value"] for name, one in found.items()}


def test_funnel_follows_one_cohort_by_when_it_entered(warehouse: Warehouse, tmp_path: Path) -> None:
    found = entered(warehouse, tmp_path)
    assert [found[step] for step in ("entered", "signed_up", "activated", "paying")] == [4, 3, 2, 1]


def test_signup_conversion_rate_is_signed_up_of_those_who_entered(warehouse: Warehouse, tmp_path: Path) -> None:
    assert entered(warehouse, tmp_path)["conversion_rate"] == 0.75


def test_signup_conversion_rate_without_any_lead_capture_is_unknown(warehouse: Warehouse, tmp_path: Path) -> None:
    put(warehouse, tmp_path, "users", [user("a")])
    found: Any = signups.funnel(warehouse, START, AS_OF)["conversion_rate"]
    assert (found["value"], found["reason"]) == (None, "leads were never loaded")


def test_error_rate_is_server_errors_of_requests(warehouse: Warehouse, tmp_path: Path) -> None:
    hours = [{"at": INSIDE, "service": str(n), "requests": 500, "server_errors": n} for n in (3, 7)]
    put_all(warehouse, tmp_path, {"requests": hours})
    assert health.errors(warehouse, START, AS_OF)["rate"]["value"] == 0.01


def test_error_rate_without_requests_is_unknown_and_the_count_is_shown(warehouse: Warehouse, tmp_path: Path) -> None:
    put(warehouse, tmp_path, "errors", [{"id": "1", "at": INSIDE, "level": "error"}])
    found = health.errors(warehouse, START, AS_OF)
    assert (found["count"]["value"], found["rate"]["value"], found["rate"]["status"]) == (1, None, "unknown")


def test_no_critical_errors_counts_critical_and_fatal_alone(warehouse: Warehouse, tmp_path: Path) -> None:
    levels = ("warning", "error", "critical", "Fatal")
    put(warehouse, tmp_path, "errors", [{"id": one, "at": INSIDE, "level": one} for one in levels])
    assert health.errors(warehouse, START, AS_OF)["critical"]["value"] == 2


def test_no_critical_errors_of_a_log_nobody_read_is_unknown(warehouse: Warehouse) -> None:
    assert health.errors(warehouse, START, AS_OF)["critical"]["status"] == "unknown"
