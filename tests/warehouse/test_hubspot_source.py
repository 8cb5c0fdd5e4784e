"""HubSpot's contacts as leads: from its search into the table, and from there into the figures."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from integrations.crm import START, TOKEN, Crm
from integrations.reading import reader
from opsbook.sdk.errors import RetryLater
from opsbook.sdk.testing import json_answer
from opsbook.warehouse import Warehouse
from opsbook.warehouse.signups import sources
from opsbook.warehouse.sources._feeds import sync_feed
from opsbook.warehouse.sources._fields import hashed
from opsbook.warehouse.sources._synced import Synced
from opsbook.warehouse.sources.hubspot.contacts import CONTACTS
from opsbook.warehouse.tables import TABLES
from warehouse.companies import AS_OF
from warehouse.stored import stored


@pytest.fixture
def crm() -> Crm:
    return Crm()


def sync(crm: Crm, warehouse: Warehouse, **more: Any) -> Synced:
    feed = reader("hubspot", "contacts", {"access_token": TOKEN}, crm, warehouse.clock.now()).feed
    return asyncio.run(sync_feed(feed, warehouse, CONTACTS, **more))


def leads(warehouse: Warehouse) -> list[dict[str, Any]]:
    return [dict(zip(TABLES["leads"].names, row, strict=False)) for row in stored(warehouse, "leads")]


def test_a_contact_is_a_lead_by_its_address_or_its_phone_number_and_by_nothing_else(crm, warehouse):
    crm.keep(1, email="owner@example.com", phone="+1 (555) 010-0199")
    crm.keep(2, mobilephone="+15550100199")
    crm.keep(3)
    crm.keep(4, email="pos-17@acme.local")
    found = sync(crm, warehouse)
    by_id = {one["id"]: one for one in leads(warehouse)}
    assert [(key, one["email"], one["phone_hash"]) for key, one in by_id.items()] == [
        ("hubspot/1", "owner@example.com", hashed("+15550100199")),
        ("hubspot/2", None, hashed("+15550100199")),
    ]
    assert {(one["source"], one["captured_at"]) for one in by_id.values()} == {("hubspot", START.replace(tzinfo=None))}
    assert found.left_out == {
        "it has neither an address nor a phone number": 1,
        "it has an address that nobody reads": 1,
    }


def test_the_second_sync_asks_once_and_reads_only_what_changed(crm, warehouse, clock):
    crm.fill(range(1, 501))
    assert sync(crm, warehouse).total == 500
    clock.forward(timedelta(days=1))
    crm.asked.clear()
    nothing = sync(crm, warehouse)
    assert (len(crm.asked), nothing.read, nothing.loading, nothing.total) == (1, 0, None, 500)
    crm.keep(7, clock.now() - timedelta(minutes=3), email="new@example.com")
    crm.keep(900, clock.now() - timedelta(minutes=2), email="first@example.com")
    second = sync(crm, warehouse)
    assert (second.read, second.loading.loaded, second.total) == (2, 2, 501)
    clock.forward(timedelta(minutes=1))
    third = sync(crm, warehouse)
    assert (third.read, third.unchanged, third.loading) == (2, 2, None)
    assert {one["email"] for one in leads(warehouse)} >= {"new@example.com", "first@example.com"}


def test_a_sync_that_is_limited_keeps_what_it_read_and_goes_on_there(crm, warehouse):
    crm.fill(range(1, 601))
    crm.troubles = [None, json_answer({"category": "RATE_LIMITS"}, 429, retry_after="86400")]
    with pytest.raises(RetryLater) as caught:
        sync(crm, warehouse)
    assert caught.value.after_seconds == 86_400
    found = sync(crm, warehouse)
    assert (found.resumed, found.read, found.total) == (True, 600, 600)
    assert len(crm.asked) == 5  # four pages and the one that was limited: none was asked for twice


def test_a_changed_schema_is_told_and_what_no_longer_fits_is_refused_and_kept(crm, warehouse, clock):
    crm.fill(range(1, 31))
    sync(crm, warehouse)
    for number in range(1, 31):
        crm.contacts[number] |= {"createdate": "last week", "email": f"other-{number}@example.com"}
    found = sync(crm, warehouse, whole=True)
    assert found.useless
    assert found.loading.reasons == {"captured_at is not a time": 30}
    assert {one["email"] for one in leads(warehouse)} == {f"person-{number}@example.com" for number in range(1, 31)}


def test_a_property_that_the_account_no_longer_has_is_told(crm, warehouse):
    crm.fill(range(1, 31))
    for contact in crm.contacts.values():
        contact["phone"] = "+15550100199"
    sync(crm, warehouse)
    answer = json_answer({"total": 30, "results": [without_phone(number) for number in range(1, 31)]})
    crm.troubles = [answer]
    assert "the field properties.phone has gone" in sync(crm, warehouse, whole=True).drift


def without_phone(number: int) -> dict[str, Any]:
    properties = {"email": f"p{number}@example.com", "createdate": "2026-11-01T10:00:00Z"}
    return {"id": str(number), "properties": {**properties, "lastmodifieddate": "2026-11-01T10:00:00Z"}}


def test_a_signup_that_hubspot_knew_first_came_from_another_place_than_the_four(crm, warehouse, tmp_path):
    users = tmp_path / "users.csv"
    users.write_text("id,email,role,created_at\nu1,Owner@example.com,brand_admin,2026-11-20T10:00:00Z\n")
    warehouse.load("users", users)
    crm.keep(1, email="owner@example.com")
    sync(crm, warehouse)
    found = sources(warehouse, AS_OF - timedelta(days=7), AS_OF)
    assert {name: told["value"] for name, told in found.items() if told["value"]} == {"other": 1}
