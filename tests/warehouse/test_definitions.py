"""What counts is data: a warehouse made with other words finds other figures, and refuses words that make no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from opsbook.sdk.clock import SteppedClock
from opsbook.warehouse import Warehouse, activity, health, revenue, risk, signups
from opsbook.warehouse.definitions import Definitions
from warehouse.companies import AS_OF, DAY, put

START = AS_OF - DAY
HOUR_AGO = AS_OF - DAY / 24


def made(folder: Path, **sections: Any) -> Warehouse:
    clock = SteppedClock(AS_OF)
    return Warehouse(folder / "warehouse", clock, Definitions.model_validate(sections))


def cohorts(warehouse: Warehouse) -> dict[str, int]:
    found: Any = signups.signups(warehouse, START, AS_OF)[1]
    return {name: one["value"] for name, one in found.items() if one["value"]}


def test_role_families_are_those_of_the_definitions(tmp_path: Path) -> None:
    roles = ("customer", "budtender", "dispensary_staff", "brand", "brand_intern", "super_admin", "grower")
    rows = [{"id": role, "role": role, "created_at": HOUR_AGO} for role in roles]
    usual = made(tmp_path)
    put(usual, tmp_path, "users", rows)
    assert cohorts(usual) == {"customer": 1, "dispensary": 2, "brand": 2, "other": 1, "internal": 1}
    changed = made(tmp_path, roles={"customer": ["Grower"], "internal": ["brand_intern", "super_*"]})
    assert cohorts(changed) == {"customer": 1, "dispensary": 2, "brand": 1, "other": 1, "internal": 2}


def test_the_longer_beginning_of_a_role_wins(tmp_path: Path) -> None:
    warehouse = made(tmp_path, roles={"dispensary": ["brand_shop*"]})
    put(warehouse, tmp_path, "users", [{"id": "u", "role": "brand_shop_clerk", "created_at": HOUR_AGO}])
    assert cohorts(warehouse) == {"dispensary": 1}


def test_addresses_with_an_invented_ending_are_no_people(tmp_path: Path) -> None:
    rows = [
        {"id": str(n), "role": "brand", "email": mail, "created_at": HOUR_AGO}
        for n, mail in enumerate(("a@till.local", "a@till.example", "a@example.com"))
    ]
    usual, changed = made(tmp_path), made(tmp_path, people={"placeholder_endings": ["@till.example", ".local"]})
    put(usual, tmp_path, "users", rows)
    assert [sum(cohorts(one).values()) for one in (usual, changed)] == [2, 1]


def test_orders_that_do_not_count_are_those_of_the_definitions(tmp_path: Path) -> None:
    kinds = [("demo", None), ("sandbox", None), (None, "cancelled"), (None, "void")]
    rows = [
        {"id": str(n), "organization_id": "o", "ordered_at": HOUR_AGO, "total_cents": 2**n, "mode": m, "status": s}
        for n, (m, s) in enumerate(kinds)
    ]
    usual = made(tmp_path)
    put(usual, tmp_path, "orders", rows)
    changed = made(tmp_path, orders={"uncounted_modes": ["sandbox", "demo"], "uncounted_statuses": ["void"]})
    assert [activity.gmv(one, START, AS_OF)["value"] for one in (usual, changed)] == [2 + 8, 4]


def test_contracts_that_are_paid_are_those_of_the_definitions(tmp_path: Path) -> None:
    statuses = ("active", "past_due", "trialing", "paused", "late")
    rows = [
        {"id": one, "status": one, "organization_id": "o", "amount_cents": 2**n, "interval_months": 1}
        for n, one in enumerate(statuses)
    ]
    usual, changed = made(tmp_path), made(tmp_path, contracts={"active": ["active", "paused"], "past_due": ["late"]})
    put(usual, tmp_path, "subscriptions", rows)
    found: Any = [revenue.mrr_now(one, AS_OF) for one in (usual, changed)]
    assert [(one.total, one.past_due_cents) for one in found] == [(1 + 2, 2), (1 + 8 + 16, 16)]


def test_critical_errors_are_those_of_the_definitions(tmp_path: Path) -> None:
    usual, changed = made(tmp_path), made(tmp_path, errors={"critical": ["panic"]})
    levels = ("error", "fatal", "panic", "panic", "warning")
    put(usual, tmp_path, "errors", [{"id": str(n), "at": HOUR_AGO, "level": one} for n, one in enumerate(levels)])
    seen = [health.errors(one, START, AS_OF) for one in (usual, changed)]
    assert [(one["count"]["value"], one["critical"]["value"]) for one in seen] == [(2, 1), (3, 2)]


def test_tickets_that_are_done_with_are_those_of_the_definitions(tmp_path: Path) -> None:
    usual, changed = made(tmp_path), made(tmp_path, tickets={"resolved": ["resolved", "parked"]})
    put(usual, tmp_path, "organizations", [{"id": "o", "name": "O", "created_at": HOUR_AGO}])
    put(usual, tmp_path, "tickets", [{"id": "t", "organization_id": "o", "status": "parked", "created_at": HOUR_AGO}])
    found: Any = [
        risk.organizations_at_risk(one, AS_OF, login_days=14, campaign_days=30, match_all=False, limit=5)
        for one in (usual, changed)
    ]
    assert [one.count for one in found] == [1, 0]


@pytest.mark.parametrize(
    ("section", "words", "why"),
    [
        ("roles", {"brand": ["intern"]}, "intern is in brand and in internal"),
        ("contracts", {"trial": ["active"]}, "active is in active and in trial"),
        ("roles", {"brand": []}, "at least 1 item"),
        ("roles", {"brand": ["*"]}, "at the end of a word's beginning"),
        ("orders", {"uncounted_modes": ["demo*"]}, "whole words only"),
        ("roles", {"brnad": ["brand"]}, "not permitted"),
        ("at_risk", {"login_days": 0}, "greater than or equal to 1"),
    ],
)
def test_words_that_make_no_sense_are_refused(section: str, words: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why.replace("*", r"\*")):
        Definitions.model_validate({section: words})


def test_a_word_with_a_quote_is_a_word_and_no_statement(tmp_path: Path) -> None:
    role = "it's' OR 'a'='a"
    warehouse = made(tmp_path, roles={"brand": [role]})
    put(warehouse, tmp_path, "users", [{"id": n, "role": n, "created_at": HOUR_AGO} for n in (role, "grower")])
    assert cohorts(warehouse) == {"brand": 1, "other": 1}
