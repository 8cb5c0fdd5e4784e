"""Signups as the weekly review reads them: cuts, the period before, what is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import unknown_in
from tools.served import Served, contract, serving
from warehouse.companies import AS_OF, DAY


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as found:
        yield found


def user(key: str, days_ago: float, role: str, **more: Any) -> dict[str, Any]:
    at = AS_OF - days_ago * DAY
    return {
        "id": key,
        "email": f"{key}@inbox.example",
        "role": role,
        "created_at": at,
        "last_login_at": None,
        "approval_status": "approved",
        **more,
    }


def lead(key: str, days_ago: float, email: str, source: str) -> dict[str, Any]:
    return {"id": key, "captured_at": AS_OF - days_ago * DAY, "email": email, "source": source}


@pytest.fixture
def week(served: Served) -> Served:
    served.load(
        users=[
            user("ann", 1, "customer", last_login_at=AS_OF - DAY / 2),
            user("bob", 2, "brand_admin", last_login_at=AS_OF - DAY, organization_id="paid"),
            user("cy", 3, "budtender"),
            user("dee", 9, "customer"),
            user("old", 300, "customer", signup_at=AS_OF - 6 * DAY),
            user("eve", 1, "customer", is_test=True),
            user("root", 1, "super_admin"),
            user("edge", 0, "customer"),
        ],
        leads=[
            lead("1", 5, "ANN@inbox.example ", "Academy"),
            lead("2", 4, "ann@inbox.example", "age_gate"),
            lead("3", 2.5, "bob@inbox.example", "billboard"),
            lead("4", 1, "cy@inbox.example", "training"),  # after the signup: it cannot have brought it
            lead("5", 1, "nobody@inbox.example", "vibe_studio"),
            lead("6", 1, "eve@inbox.example", "vibe_studio"),
        ],
        events=[
            {"id": "1", "type": "user.signup.platform", "at": AS_OF - 6 * DAY, "user_id": "old", "source": "training"}
        ],
        subscriptions=[contract("1", "paid", 100, AS_OF - DAY)],
    )
    return served


async def test_signups_are_cut_by_cohort_source_and_funnel(week: Served) -> None:
    result = await week.call("getSignupAnalytics")
    value: Any = result.value
    assert value["total"]["value"] == 4
    assert {name: one["value"] for name, one in value["cohorts"].items()} == {
        "customer": 2,
        "dispensary": 1,
        "brand": 1,
        "other": 0,
        "internal": 1,
    }
    assert {name: one["value"] for name, one in value["sources"].items() if one["value"]} == {
        "academy": 1,
        "other": 1,
        "training": 1,
        "unattributed": 1,
    }
    funnel = {name: one["value"] for name, one in value["funnel"].items()}
    assert funnel == {"entered": 5, "signed_up": 4, "activated": 2, "paying": 1, "conversion_rate": 0.8}
    assert value["previous"]["total"]["value"] == 1
    assert result.window == (AS_OF - 7 * DAY, AS_OF)


async def test_only_the_cuts_that_are_asked_for_are_made(week: Served) -> None:
    value: Any = (await week.call("getSignupAnalytics", days=1, by=["role"])).value
    assert set(value) == {"total", "cohorts", "previous"}
    assert (value["total"]["value"], value["previous"]["total"]["value"]) == (1, 1)


async def test_without_leads_nobody_knows_who_entered(served: Served) -> None:
    served.load(users=[user("ann", 1, "customer")])
    result = await served.call("getSignupAnalytics")
    value: Any = result.value
    assert value["total"]["value"] == 1
    assert {one["reason"] for one in value["funnel"].values()} == {"leads were never loaded"}
    assert {one["reason"] for one in value["sources"].values()} == {"leads were never loaded"}
    assert unknown_in(result.figures["conversion_rate"]) is not None


async def test_a_login_after_the_window_leaves_activation_unknown(week: Served) -> None:
    week.load(users=[user("ann", 1, "customer", last_login_at=AS_OF)])
    value: Any = (await week.call("getSignupAnalytics")).value
    assert value["funnel"]["activated"]["status"] == value["funnel"]["paying"]["status"] == "unknown"


async def test_an_unknown_cut_is_refused(served: Served) -> None:
    with pytest.raises(InvalidInput, match="by"):
        await served.call("getSignupAnalytics", by=["country"])


async def test_who_stayed_is_told_when_it_is_asked_for(served: Served) -> None:
    unasked: Any = (await served.call("getSignupAnalytics")).value
    unloaded: Any = (await served.call("getSignupAnalytics", by=["retention"])).value
    assert "retention" not in unasked
    assert unloaded["retention"] == {"value": None, "status": "unknown", "reason": "organizations were never loaded"}
    came, left = AS_OF.replace(month=10, day=3), AS_OF.replace(day=5)
    served.load(
        organizations=[
            {"id": "stays", "name": "Stays", "created_at": came, "canceled_at": None},
            {"id": "leaves", "name": "Leaves", "created_at": came, "canceled_at": left},
        ]
    )
    value: Any = (await served.call("getSignupAnalytics", by=["retention"])).value
    assert [(one["cohort"], one["started"]) for one in value["retention"]] == [("2026-10", 2)]
    assert [month["value"] for month in value["retention"][0]["kept"]] == [2, 1]
