"""The drafting tool behind the gateway: arguments honoured or refused, dry runs that leave nothing."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from inbox.approving import approvals_on
from opsbook.inbox.campaigns import Campaigns
from opsbook.inbox.people import People
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.clock import Ids, SteppedClock
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.tool import ToolContext
from opsbook.sdk.values import Unknown
from opsbook.tools.campaigns import CreateReengagementCampaign
from opsbook.tools.gateway import Gateway

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
AUDIENCE = [
    {
        "organization_id": "o1",
        "name": "Harbor",
        "reason": "no_login",
        "days_silent": {"login": 9, "orders": 31, "campaigns": 12},
        "contacts": [{"contact_id": "u1", "first_name": "Ada", "email": "ada@example.com", "role": "brand_admin"}],
    }
]


@pytest.fixture
def campaigns(tmp_path):
    store = Store(f"sqlite:///{tmp_path}/a.db")
    metadata.create_all(store.engine)
    clock = SteppedClock(AT)
    ids = Ids(clock, random.Random(1))
    yield Campaigns(store, clock, ids, approvals_on(store, clock, ids, People({})), chance=random.Random(2))
    store.close()


@pytest.fixture
def call(campaigns):
    gateway = Gateway(
        {CreateReengagementCampaign.name: CreateReengagementCampaign(SimpleNamespace(campaigns=campaigns))}
    )

    async def call(dry_run: bool = False, key: str = "key_1", **args: Any):
        context = ToolContext(AT, ZoneInfo("America/New_York"), "run_1", "2.draft", key, dry_run, "craig")
        return await gateway.call("createReengagementCampaign", {"audience": AUDIENCE, **args}, context)

    return call


async def test_a_draft_waits_for_approval_with_its_figures_and_warnings(call, campaigns):
    result = await call()
    assert (result.value["status"], result.figures["recipients"]["value"]) == ("pending_approval", 1)
    assert (result.as_of, result.value["discount"]) == (AT, {"percent": 20, "expires_on": "2026-12-24"})
    assert any("postal address" in warning for warning in result.warnings)
    (row,) = campaigns.latest()
    assert (row["id"], row["created_by_agent"], row["run_id"]) == (result.value["campaign_id"], "craig", "run_1")


async def test_called_again_with_the_same_key_it_is_the_same_draft(call, campaigns):
    assert (await call()).value == (await call(discount=50)).value
    assert len(campaigns.latest()) == 1


@pytest.mark.parametrize(
    ("discount", "percent", "until"),
    [
        (15, 15, "2026-12-24"),
        ({"percent": 12.5, "expires_days": 7}, 12.5, "2026-12-01"),
        ({"percent": 10, "expiresDays": 1}, 10, "2026-11-25"),
    ],
)
async def test_the_discount_is_a_percentage_or_percentage_and_days(call, discount, percent, until):
    assert (await call(discount=discount)).value["discount"] == {"percent": percent, "expires_on": until}


@pytest.mark.parametrize(
    "args",
    [
        {"discount": 0},
        {"discount": 101},
        {"discount": {"percent": 20, "expires_days": 0}},
        {"channel": "sms"},
        {"audience": []},
        {"audience": Unknown("users were never loaded").as_json()},
        {"audience": [{"name": "no id"}]},
        {"subject": "Hello"},
    ],
)
async def test_what_it_cannot_honour_it_refuses_and_nothing_is_written(call, campaigns, args):
    with pytest.raises(InvalidInput):
        await call(**args)
    assert campaigns.latest() == []


async def test_a_dry_run_shows_the_letters_and_writes_nothing(call, campaigns):
    result = await call(dry_run=True)
    assert (result.value["status"], result.value["dry_run"], result.value["campaign_id"]) == ("would_draft", True, None)
    assert result.value["messages"][0]["recipient"] == "ada@example.com"
    assert campaigns.latest() == []
