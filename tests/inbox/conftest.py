"""An inbox on a real store, a clock that stands still, and audiences as the churn tools answer them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from inbox.approving import Post, approvals_on
from opsbook.inbox.approvals import Approvals
from opsbook.inbox.campaigns import Campaigns
from opsbook.inbox.people import People, Person
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.clock import Ids, SteppedClock

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)  # 10:00 in New York


@pytest.fixture
def store(tmp_path):
    opened = Store(f"sqlite:///{tmp_path}/a.db")
    metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(AT)


@pytest.fixture
def ids(clock) -> Ids:
    return Ids(clock, random.Random(7))


@pytest.fixture
def people() -> People:
    return People(
        {
            "owner": Person("owner", "owner@example.com", "U1", ("owner",)),
            "ops": Person("ops", "ops@example.com"),
        }
    )


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def approvals(store, clock, ids, people, post) -> Approvals:
    return approvals_on(store, clock, ids, people, {"email": [post]})


@pytest.fixture
def make_campaigns(store, clock, ids, approvals) -> Callable[..., Campaigns]:
    def make(**more: Any) -> Campaigns:
        given = {
            "postal_address": "1 Harbor Street, Albany NY",
            "public_url": "https://ops.example.com",
            "chance": random.Random(3),
            "approvals": approvals,
        }
        return Campaigns(store, clock, ids, **{**given, **more})

    return make


@pytest.fixture
def origin() -> dict[str, Any]:
    return {
        "effect_key": "key_1",
        "run_id": "run_1",
        "agent": "craig",
        "as_of": AT,
        "timezone": ZoneInfo("America/New_York"),
    }


@pytest.fixture
def contact() -> Callable[..., dict[str, Any]]:
    def make(contact_id: str = "u1", **more: Any) -> dict[str, Any]:
        return {
            "contact_id": contact_id,
            "first_name": "Ada",
            "display_name": "Ada Moss",
            "email": f"{contact_id}@example.com",
            "role": "dispensary_admin",
            "is_test": False,
            "email_unsubscribed_at": None,
            "email_opt_out": False,
            **more,
        }

    return make


@pytest.fixture
def organization(contact) -> Callable[..., dict[str, Any]]:
    def make(organization_id: str = "o1", **more: Any) -> dict[str, Any]:
        return {
            "organization_id": organization_id,
            "name": f"Harbor {organization_id}",
            "type": "dispensary",
            "state": "NY",
            "reason": "no_orders",
            "days_silent": {"login": 9, "orders": 31, "campaigns": 12},
            "contacts": [contact(f"{organization_id}_u1")],
            "orders": {
                "count": 42,
                "last_order_at": "2026-10-24T12:00:00+00:00",
                "total_cents": 99_000,
                "top_products": ["Mint Tin", "Blue Dream"],
            },
            "mrr_cents": 14_900,
            **more,
        }

    return make


@dataclass(frozen=True)
class SampleOffer:
    percent: float = 20
    expires_days: int = 30


@pytest.fixture
def offer() -> type[SampleOffer]:
    return SampleOffer


@pytest.fixture
def run_row() -> Callable[[str, str], tuple[dict[str, Any], dict[str, Any]]]:
    def make(run_id: str, playbook_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        run = {
            "id": run_id,
            "playbook_id": playbook_id,
            "playbook_name": "Daily",
            "version": 1,
            "sha256": "0" * 64,
            "trigger": "manual",
            "actor": "owner",
            "as_of": AT,
            "timezone": "America/New_York",
            "dry_run": False,
            "inputs": {},
            "state": "running",
            "accepted_at": AT,
        }
        trigger = {
            "dedup_key": run_id,
            "kind": "manual",
            "playbook_id": playbook_id,
            "run_id": run_id,
            "body_digest": "0" * 64,
            "at": AT,
        }
        return run, trigger

    return make
