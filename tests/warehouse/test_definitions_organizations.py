"""Inactive, at risk, undetermined: each rule on organisations made for it, with the answer worked out by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from opsbook.warehouse import Warehouse, health, risk, silence
from warehouse.companies import AS_OF, DAY, GARBAGE, SECOND, put, put_all

WEEK_AGO, LONG_AGO = AS_OF - 7 * DAY, AS_OF - 90 * DAY
YESTERDAY = AS_OF - DAY


def organization(key: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "name": key.upper(), "created_at": LONG_AGO, "status": "active", **more}


def rows(*organizations: dict[str, Any], **signs: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Tables of these organisations: `logins`, `orders` and `campaigns` are when each had its last."""
    of = {name: signs.get(name, {}) for name in ("logins", "orders", "campaigns", "tickets")}
    return {
        "organizations": list(organizations),
        "users": [
            {"id": key, "organization_id": key, "role": "brand", "created_at": LONG_AGO, "last_login_at": at}
            for key, at in {"nobody": None, **of["logins"]}.items()
        ],
        "orders": [
            {"id": key, "organization_id": key, "ordered_at": at, "total_cents": 1}
            for key, at in {"nobody": LONG_AGO, **of["orders"]}.items()
        ],
        "campaigns": [
            {"id": key, "organization_id": key, "sent_at": at}
            for key, at in {"nobody": LONG_AGO, **of["campaigns"]}.items()
        ],
        "tickets": [
            {"id": key, "organization_id": key, "status": status, "created_at": YESTERDAY}
            for key, status in {"nobody": "closed", **of["tickets"]}.items()
        ],
    }


def silent(warehouse: Warehouse, *, match_all: bool = True) -> Any:
    return silence.silent_organizations(warehouse, AS_OF, 7, match_all=match_all, limit=50)


def reasons(warehouse: Warehouse, **how: bool) -> dict[str, str]:
    return {one["organization_id"]: one["reason"] for one in silent(warehouse, **how).organizations}


def risky(warehouse: Warehouse, *, match_all: bool = False) -> Any:
    return risk.organizations_at_risk(warehouse, AS_OF, login_days=14, campaign_days=30, match_all=match_all, limit=50)


def test_inactive_needs_all_three_silences_and_any_one_where_asked(warehouse: Warehouse, tmp_path: Path) -> None:
    four = [organization(key) for key in ("none", "logs", "sells", "sends")]
    signs = {"logins": {"logs": YESTERDAY}, "orders": {"sells": YESTERDAY}, "campaigns": {"sends": YESTERDAY}}
    put_all(warehouse, tmp_path, rows(*four, **signs))
    assert set(reasons(warehouse)) == {"none"}
    assert set(reasons(warehouse, match_all=False)) == {"none", "logs", "sells", "sends"}


def test_inactive_begins_where_the_window_does(warehouse: Warehouse, tmp_path: Path) -> None:
    signs = {"logins": {"in": WEEK_AGO, "out": WEEK_AGO - SECOND}}
    put_all(warehouse, tmp_path, rows(organization("in"), organization("out"), **signs))
    assert set(reasons(warehouse)) == {"out"}


def test_inactive_rate_is_inactive_of_the_eligible_alone(warehouse: Warehouse, tmp_path: Path) -> None:
    made = (
        organization("silent"),
        organization("busy"),
        organization("young", created_at=AS_OF - 6 * DAY),
        organization("left", status="canceled", canceled_at=AS_OF - 20 * DAY),
        organization("test", is_test=True),
    )
    put_all(warehouse, tmp_path, rows(*made, logins={"busy": YESTERDAY}))
    found = silent(warehouse)
    assert (found.eligible, found.inactive, found.figures["inactive_rate"]["value"]) == (2, 1, 0.5)


def test_inactive_reason_is_never_started_else_what_is_silent_longest(warehouse: Warehouse, tmp_path: Path) -> None:
    ages = {"login": (40, 30, 20), "orders": (20, 40, 30), "campaigns": (30, 20, 40)}
    kinds = ("logins", "orders", "campaigns")
    signs: dict[str, dict[str, datetime]] = {
        kind: {key: AS_OF - days[n] * DAY for key, days in ages.items()} for n, kind in enumerate(kinds)
    }
    put_all(warehouse, tmp_path, rows(*map(organization, (*ages, "fresh")), **signs))
    expected = {"login": "no_login", "orders": "no_orders", "campaigns": "no_campaigns", "fresh": "never_started"}
    assert reasons(warehouse) == expected


def at_risk(warehouse: Warehouse, tmp_path: Path) -> None:
    keys = ("fine", "one", "two", "three")
    signs: dict[str, dict[str, Any]] = {
        "logins": {"fine": YESTERDAY, "one": AS_OF - 15 * DAY, "two": YESTERDAY, "three": AS_OF - 15 * DAY},
        "campaigns": {"fine": YESTERDAY, "one": YESTERDAY, "two": AS_OF - 31 * DAY},
        "tickets": {"fine": "resolved", "two": "waiting_on_user", "three": "new"},
    }
    put_all(warehouse, tmp_path, rows(*map(organization, keys), **signs))


def test_at_risk_is_any_one_signal_and_its_level_is_their_number(warehouse: Warehouse, tmp_path: Path) -> None:
    at_risk(warehouse, tmp_path)
    levels = {one["id"]: one["level"] for one in risky(warehouse).organizations}
    assert levels == {"one": "low", "two": "medium", "three": "high"}
    assert [one["id"] for one in risky(warehouse, match_all=True).organizations] == ["three"]


def test_at_risk_looks_at_nobody_who_has_not_come_or_has_left_or_is_a_test(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    made = (
        organization("there"),
        organization("coming", created_at=AS_OF),
        organization("left", status="canceled", canceled_at=YESTERDAY),
        organization("test", is_test=True),
    )
    put_all(warehouse, tmp_path, rows(*made, tickets={str(one["id"]): "new" for one in made}))
    found = risky(warehouse)
    assert ([one["id"] for one in found.organizations], found.looked_at) == (["there"], 1)


def test_at_risk_lists_every_signal_with_its_evidence(warehouse: Warehouse, tmp_path: Path) -> None:
    at_risk(warehouse, tmp_path)
    signals = {one["id"]: one["signals"] for one in risky(warehouse).organizations}
    assert signals["three"] == [
        {"signal": "no_login", "evidence": "last on 2026-11-09"},
        {"signal": "no_campaign", "evidence": "never, since 2026-08-26"},
        {"signal": "tickets_open", "evidence": "1 open, the oldest since 2026-11-23"},
    ]


@pytest.mark.parametrize(
    ("status", "counts"),
    [("new", 1), ("triaging", 1), ("in_progress", 1), ("waiting_on_user", 1), ("resolved", 0), ("closed", 0)],
)
def test_at_risk_takes_a_ticket_as_unresolved_unless_it_is_resolved_or_closed(
    warehouse: Warehouse, tmp_path: Path, status: str, counts: int
) -> None:
    signs = {"logins": {"o": YESTERDAY}, "campaigns": {"o": YESTERDAY}, "tickets": {"o": status}}
    put_all(warehouse, tmp_path, rows(organization("o"), **signs))
    assert risky(warehouse).count == counts


def test_undetermined_is_listed_apart_and_is_neither_inactive_nor_at_risk(warehouse: Warehouse, tmp_path: Path) -> None:
    signs = {"logins": {"dark": GARBAGE}, "campaigns": {"dark": AS_OF - 20 * DAY}}
    put_all(warehouse, tmp_path, rows(organization("dark"), organization("gone"), **signs))
    found, risks = silent(warehouse), risky(warehouse)
    assert set(reasons(warehouse)) == {"gone"}
    assert found.undetermined == [{"id": "dark", "name": "DARK", "unread": ["login"]}]
    assert [one["id"] for one in risks.organizations] == ["gone"]
    assert risks.undetermined == [{"id": "dark", "name": "DARK", "unread": ["login"]}]


def test_quota_without_a_stated_limit_is_unknown_and_neither_fine_nor_full(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    limits = {"mail": 50, "crm": None}
    put(
        warehouse,
        tmp_path,
        "usage",
        [{"system": key, "at": YESTERDAY, "used": 40, "quota_limit": limit} for key, limit in limits.items()],
    )
    found: Any = health.quotas(warehouse, AS_OF)
    shares = {one["id"]: one["used_share"] for one in found}
    assert shares["mail"]["value"] == 0.8
    assert (shares["crm"]["value"], shares["crm"]["reason"]) == (None, "the vendor states no limit")
