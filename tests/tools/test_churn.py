"""Silence and risk as the churn playbook and the weekly review read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opsbook.inbox.audience import read_audience
from opsbook.sdk.errors import NotFound
from opsbook.sdk.values import unknown_in
from tools.served import Served, contract, serving
from warehouse.companies import AS_OF, DAY

LONG_AGO = AS_OF - 100 * DAY


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as found:
        yield found


def organization(key: str, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "name": key.title(),
        "type": "brand",
        "state": "NY",
        "owner_id": f"{key}-owner",
        "created_at": LONG_AGO,
        "email_opt_out": None,
        **more,
    }


def person(key: str, organization: str, login: Any, role: str = "brand_admin", **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "organization_id": organization,
        "role": role,
        "email": f"{key}@inbox.example",
        "first_name": key.title(),
        "created_at": LONG_AGO,
        "last_login_at": login,
        "email_unsubscribed_at": None,
        **more,
    }


def order(key: str, organization: str, days: float, **more: Any) -> dict[str, Any]:
    at = AS_OF - days * DAY
    return {"id": key, "organization_id": organization, "ordered_at": at, "total_cents": 100, "product": "tea", **more}


def campaign(key: str, organization: str, days: float) -> dict[str, Any]:
    return {"id": key, "organization_id": organization, "sent_at": AS_OF - days * DAY, "status": "sent"}


@pytest.fixture
def platform(served: Served) -> Served:
    served.load(
        organizations=[
            organization("busy"),
            organization("fresh"),
            organization("quiet"),
            organization("shop"),
            organization("young", created_at=AS_OF - 3 * DAY),
            organization("gone", status="canceled"),
            organization("test", is_test=True),
        ],
        users=[
            person("busy-owner", "busy", AS_OF - DAY),
            person("fresh-owner", "fresh", None),
            person("quiet-owner", "quiet", AS_OF - 40 * DAY),
            person("quiet-staff", "quiet", AS_OF - 50 * DAY, role="brand_member"),
            person("shop-owner", "shop", AS_OF - 9 * DAY, email_unsubscribed_at=AS_OF - 20 * DAY),
            person("shopper", "shop", AS_OF - DAY, role="customer"),
        ],
        orders=[
            order("1", "quiet", 12),
            order("2", "shop", 8, product="hat", total_cents=900),
            order("3", "shop", 9),
            order("4", "shop", 10),
            order("5", "quiet", 1, mode="demo"),
            order("6", "quiet", 1, status="cancelled"),
        ],
        campaigns=[campaign("1", "quiet", 20), campaign("2", "shop", 31), campaign("3", "busy", 2)],
        tickets=[
            {"id": "1", "organization_id": "busy", "status": "new", "created_at": AS_OF - 2 * DAY},
            {"id": "2", "organization_id": "quiet", "status": "resolved", "created_at": AS_OF - 2 * DAY},
        ],
        subscriptions=[contract("1", "shop", 5000, LONG_AGO), contract("2", "quiet", 900, LONG_AGO)],
    )
    return served


async def test_the_silent_are_a_list_the_most_valuable_first(platform: Served) -> None:
    result = await platform.call("findInactiveOrganizations")
    value: Any = result.value
    assert [(one["organization_id"], one["reason"], one["mrr_cents"]) for one in value] == [
        ("shop", "no_campaigns", 5000),
        ("quiet", "no_login", 900),
        ("fresh", "never_started", 0),
    ]
    assert value[0]["days_silent"] == {"login": 9, "orders": 8, "campaigns": 31}
    assert value[2]["days_silent"] == {"login": None, "orders": None, "campaigns": None}
    assert {name: one["value"] for name, one in result.figures.items()} == {  # type: ignore[call-overload,index]
        "inactive": 3,
        "eligible": 4,
        "inactive_rate": 0.75,
        "undetermined": 0,
    }


async def test_contacts_and_orders_come_with_each(platform: Served) -> None:
    value: Any = (await platform.call("findInactiveOrganizations")).value
    shop, quiet, fresh = value
    assert [one["contact_id"] for one in quiet["contacts"]] == ["quiet-owner"]
    assert shop["contacts"][0]["email_unsubscribed_at"].startswith("2026-11-04")
    assert shop["orders"]["count"] == 3
    assert [one["name"] for one in shop["orders"]["top_products"]] == ["tea", "hat"]
    assert (fresh["orders"]["count"], fresh["orders"]["last_order_at"]) == (0, None)


async def test_the_campaigns_audience_is_what_this_answers(platform: Served) -> None:
    value: Any = (await platform.call("findInactiveOrganizations")).value
    audience = read_audience(value)
    assert [one.organization_id for one in audience] == ["shop", "quiet", "fresh"]


async def test_any_signal_may_be_enough(platform: Served) -> None:
    result = await platform.call("findInactiveOrganizations", match="any", days=7)
    value: Any = result.value
    assert {one["organization_id"]: one["reason"] for one in value}["busy"] == "no_orders"


async def test_a_limit_is_told(platform: Served) -> None:
    result = await platform.call("findInactiveOrganizations", limit=1)
    value: Any = result.value
    assert [one["organization_id"] for one in value] == ["shop"]
    assert "Cut off: 1 of 3 are listed." in result.warnings
    inactive: Any = result.figures["inactive"]
    assert (inactive["value"], inactive["status"], inactive["n"]) == (3, "ok", 3)


async def test_nobody_known_is_no_empty_list_while_some_cannot_be_judged(served: Served) -> None:
    served.load(
        organizations=[organization("dark"), organization("busy")],
        users=[person("1", "dark", AS_OF - 30 * DAY), person("2", "busy", AS_OF - DAY)],
        campaigns=[campaign("1", "x", 1)],
    )
    result = await served.call("findInactiveOrganizations")
    unknown = unknown_in(result.value)
    assert unknown is not None
    assert unknown.reason == "1 organisation could not be judged: orders were never loaded"
    assert unknown_in(result.figures["inactive_rate"]) is not None
    served.load(users=[person("1", "dark", AS_OF - DAY), person("2", "busy", AS_OF - DAY)])
    assert (await served.call("findInactiveOrganizations")).value == []


async def test_opt_outs_that_were_not_loaded_are_unknown_and_told(platform: Served) -> None:
    users = [person("quiet-owner", "quiet", AS_OF - 40 * DAY)]
    platform.load(users=[{k: v for k, v in one.items() if k != "email_unsubscribed_at"} for one in users])
    result = await platform.call("findInactiveOrganizations")
    value: Any = result.value
    (contact,) = next(one for one in value if one["organization_id"] == "quiet")["contacts"]
    assert unknown_in(contact["email_unsubscribed_at"]) is not None
    assert any("without email_unsubscribed_at" in warning for warning in result.warnings)


async def test_those_at_risk_come_with_signals_evidence_and_revenue(platform: Served) -> None:
    result = await platform.call("getAtRiskOrganizations")
    value: Any = result.value
    told = {
        one["id"]: (one["level"], {s["signal"]: s["evidence"] for s in one["signals"]})
        for one in value["organizations"]
    }
    assert told == {
        "busy": ("low", {"tickets_open": "1 open, the oldest since 2026-11-22"}),
        "fresh": ("medium", {"no_login": "never, since 2026-08-16", "no_campaign": "never, since 2026-08-16"}),
        "quiet": ("low", {"no_login": "last on 2026-10-15"}),
        "shop": ("low", {"no_campaign": "last on 2026-10-24"}),
    }
    assert [one["id"] for one in value["organizations"]] == ["fresh", "shop", "quiet", "busy"]
    assert (value["count"]["value"], value["denominator"]["value"]) == (4, 5)
    assert value["mrr_at_stake_cents"]["value"] == 5900


async def test_all_signals_may_be_demanded(platform: Served) -> None:
    value: Any = (await platform.call("getAtRiskOrganizations", match="all")).value
    assert (value["count"]["value"], value["organizations"]) == (0, [])


async def test_a_signal_nobody_can_read_leaves_organisations_undetermined(served: Served) -> None:
    served.load(organizations=[organization("one")], users=[person("1", "one", AS_OF - DAY)])
    result = await served.call("getAtRiskOrganizations")
    value: Any = result.value
    assert value["count"]["status"] == value["mrr_at_stake_cents"]["status"] == "unknown"
    assert value["undetermined"] == [{"id": "one", "name": "One", "unread": ["campaign", "ticket"]}]
    assert "Not looked at: tickets were never loaded." in result.warnings


async def test_without_organisations_both_answers_are_unknown(served: Served) -> None:
    for tool in ("getAtRiskOrganizations", "findInactiveOrganizations"):
        unknown = unknown_in((await served.call(tool)).value)
        assert unknown is not None
        assert unknown.reason == "organizations were never loaded"


async def test_order_histories_come_in_the_order_asked_for(platform: Served) -> None:
    value: Any = (await platform.call("getOrderHistorySummary", organizations=["shop", "busy", "shop"])).value
    assert [(one["name"], one["count"], one["total_cents"], one["average_cents"]) for one in value] == [
        ("Shop", 3, 1100, 367),
        ("Busy", 0, 0, None),
    ]


async def test_an_organisation_that_is_not_there_is_named_with_the_nearest(platform: Served) -> None:
    with pytest.raises(NotFound, match="Did you mean quiet") as caught:
        await platform.call("getOrderHistorySummary", organizations=["quit"])
    assert caught.value.code == "no_organization"
