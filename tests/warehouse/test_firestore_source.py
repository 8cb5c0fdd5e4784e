"""The platform's collections, read from Google's own emulator into the canonical tables."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from opsbook.integrations.configuration import configure
from opsbook.sdk.documents import DocumentStore, Page, Question
from opsbook.sdk.errors import InvalidInput, RetryLater
from opsbook.sdk.http import HttpClient
from opsbook.warehouse import Warehouse
from opsbook.warehouse.manifest import loading_alone
from opsbook.warehouse.sources.firestore import Synced, sync
from opsbook.warehouse.sources.firestore.collections import COLLECTIONS, chosen
from opsbook.warehouse.sources.firestore.rows import Rules
from opsbook.warehouse.tables import TABLES, UNREAD
from peers.firestore import Database, database, fields, firestore_peer  # noqa: F401 fixtures
from warehouse.stored import stored

pytestmark = pytest.mark.peer("firestore")
MADE = "@2026-11-01T10:00:00Z"
ORG = {"name": "Acme", "type": "brand", "status": "active", "createdAt": MADE}
ORDER = {"brandId": "o1", "userId": "u1", "totals": {"total": 12.5}, "createdAt": MADE, "mode": "live"}

Read = Callable[..., list[Synced]]


@pytest.fixture
def store(database: Database) -> DocumentStore:  # noqa: F811 a fixture
    system = configure({"firestore": database.settings}, {}, HttpClient(allow_loopback=True))["firestore"]
    found = system.documents(asyncio.sleep)
    assert found is not None
    return found


@pytest.fixture
def read(store: DocumentStore, warehouse: Warehouse) -> Read:
    def synced(*names: str, **more: Any) -> list[Synced]:
        return asyncio.run(sync(more.pop("store", store), warehouse, chosen(names), **more))

    return synced


def write(database: Database, **documents: dict[str, Any]) -> None:  # noqa: F811 a fixture
    """Documents by `collection__id`; fields are plain, `@` begins a Timestamp."""
    database.write({path.replace("__", "/"): fields(found) for path, found in documents.items()})


def now(ago: timedelta = timedelta(0)) -> datetime:
    return datetime.now(UTC) - ago


def stamp(moment: datetime) -> str:
    return f"@{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def held(warehouse: Warehouse, table: str) -> list[dict[str, Any]]:
    """What the table holds, by id."""
    names = (*TABLES[table].names, UNREAD)
    return [dict(zip(names, row, strict=True)) for row in stored(warehouse, table)]


def test_dates_that_are_timestamps_texts_and_numbers_become_the_same_moment(database, read, warehouse):  # noqa: F811
    moment = datetime(2026, 11, 1, 10)
    seconds = int(moment.replace(tzinfo=UTC).timestamp())
    for name, date in {
        "timestamp": MADE,
        "text": "2026-11-01T10:00:00Z",
        "zoned": "2026-11-01T05:00:00-05:00",
        "seconds": seconds,
        "milliseconds": seconds * 1000,
        "map": {"_seconds": seconds, "_nanoseconds": 0},
    }.items():
        write(database, **{f"orders__{name}": {**ORDER, "createdAt": date}})
    read("orders")
    assert {row["id"]: row["ordered_at"] for row in held(warehouse, "orders")} == dict.fromkeys(
        ("timestamp", "text", "zoned", "seconds", "milliseconds", "map"), moment
    )


def test_a_date_that_nobody_can_read_is_unknown_and_told_and_one_that_is_needed_is_refused(
    database,  # noqa: F811
    read,
    warehouse,
):
    write(database, users__u1={"createdAt": MADE, "lastLoginAt": "soon"}, users__u2={"createdAt": "long ago"})
    (found,) = read("users")
    assert found.loading is not None
    assert found.loading.unreadable == {"last_login_at": 1}
    assert found.loading.reasons == {"created_at is not a time": 1}
    assert found.loading.quarantine is not None
    assert "long ago" in found.loading.quarantine.read_text()
    (row,) = held(warehouse, "users")
    assert row["last_login_at"] is None
    assert "last_login_at" in row["unread"]


def test_older_fields_are_read_in_a_fixed_order_and_a_document_with_none_is_refused(database, read, warehouse):  # noqa: F811
    write(
        database,
        orders__new={**ORDER, "total": 1, "orgId": "other"},
        orders__older={"orgId": "o2", "total": "7.005", "createdAt": MADE},
        orders__oldest={"retailerId": "o3", "totalAmount": 3, "createdAt": MADE},
        orders__none={"createdAt": MADE, "orgId": "o1"},
    )
    (found,) = read("orders")
    rows = {row["id"]: (row["organization_id"], row["total_cents"]) for row in held(warehouse, "orders")}
    assert rows == {"new": ("o1", 1250), "older": ("o2", 701), "oldest": ("o3", 300)}
    assert found.loading is not None
    assert found.loading.reasons == {"total_cents is empty": 1}


def test_nulls_and_missing_fields_are_both_nothing(database, read, warehouse):  # noqa: F811
    write(database, users__a={"createdAt": MADE, "lastLoginAt": None}, users__b={"createdAt": MADE})
    read("users")
    assert [(row["last_login_at"], "last_login_at" in row["unread"]) for row in held(warehouse, "users")] == [
        (None, False),
        (None, False),
    ]


def test_the_organisation_of_a_user_is_the_first_that_is_set(database, read, warehouse):  # noqa: F811
    write(
        database,
        users__a={"createdAt": MADE, "currentOrgId": "", "organizationIds": ["o1", "o2"], "brandId": "o3"},
        users__b={"createdAt": MADE, "tenantId": "o9"},
    )
    read("users")
    assert [row["organization_id"] for row in held(warehouse, "users")] == ["o1", "o9"]


def test_test_accounts_and_addresses_that_imports_invented_are_flagged(database, read, warehouse):  # noqa: F811
    write(
        database,
        users__invented={"createdAt": MADE, "email": "pos-17@acme.Local"},
        users__real={"createdAt": MADE, "email": "owner@example.com"},
        users__test={"createdAt": MADE, "email": "t@example.com", "isTestAccount": True},
        email_leads__invented={"createdAt": MADE, "email": "pos-18@acme.local"},
        email_leads__real={"createdAt": MADE, "email": "shopper@example.com"},
        orders__test={**ORDER, "customer": {"isTestAccount": True}},
    )
    found = {one.name: one for one in read("users", "email_leads", "orders")}
    flags = {row["id"]: row["is_test"] for row in held(warehouse, "users")}
    assert flags == {"invented": True, "real": None, "test": True}
    assert [row["id"] for row in held(warehouse, "leads")] == ["email_leads/real"]
    assert found["email_leads"].left_out == {"it is a test account or has an address that nobody reads": 1}
    assert held(warehouse, "orders")[0]["mode"] == "demo"


def test_subscriptions_below_organisations_are_read_and_an_interval_is_never_guessed(database, read, warehouse):  # noqa: F811
    write(
        database,
        subscriptions__s1={"customerId": "o1", "status": "active", "price": 149, "billingPeriod": "Yearly"},
        organizations__o2__subscription__current={"status": "trial", "amount": 49, "intervalMonths": 1},
        organizations__o3__subscription__current={"status": "active", "amount": 99, "updatedAt": MADE},
        organizations__o4__subscription__current={"status": "none"},
    )
    found = {one.name: one for one in read("subscriptions", "subscription_current")}
    current = found["subscription_current"]
    assert current.loading is not None
    assert current.loading.reasons == {"interval_months is empty": 1}
    assert current.left_out == {"it says that there is no subscription": 1}
    rows = {row["organization_id"]: row for row in held(warehouse, "subscriptions")}
    assert {key: (row["status"], row["amount_cents"], row["interval_months"]) for key, row in rows.items()} == {
        "o1": ("active", 14900, 12),
        "o2": ("trialing", 4900, 1),
    }
    read("subscription_current", rules=Rules(subscription_months=1))
    assert {row["organization_id"] for row in held(warehouse, "subscriptions")} == {"o1", "o2", "o3"}


def test_a_tenant_whose_organisation_is_there_too_is_left_out(database, read, warehouse):  # noqa: F811
    write(
        database,
        organizations__o1=ORG,
        tenants__o1={"name": "Other name", "createdAt": MADE},
        tenants__o2={"name": "Only a tenant", "createdAt": MADE},
    )
    found = {one.name: one for one in read("organizations", "tenants")}
    assert [row["name"] for row in held(warehouse, "organizations")] == ["Acme", "Only a tenant"]
    assert found["tenants"].left_out == {"its document in organizations speaks for it": 1}


def test_levels_of_logs_are_read_in_any_case_and_what_is_no_error_stays_where_it_is(database, read, warehouse):  # noqa: F811
    write(
        database,
        system_logs__a={"level": "ERROR", "timestamp": MADE, "message": "broken"},
        system_logs__b={"level": "warn", "timestamp": MADE},
        system_logs__c={"level": "info", "timestamp": MADE},
    )
    (found,) = read("system_logs")
    assert found.read == 2
    assert [row["level"] for row in held(warehouse, "errors")] == ["error", "warning"]


@pytest.mark.parametrize("kind", ["timestamp", "text", "date", "seconds", "milliseconds"])
def test_a_second_sync_reads_what_changed_whatever_type_its_date_has(kind, database, read, warehouse):  # noqa: F811
    write(database, **{f"orders__r{number:03}": ORDER for number in range(120)})
    read("orders")
    changed = now() + timedelta(seconds=1)
    date: Any = {
        "timestamp": stamp(changed),
        "text": changed.isoformat(),
        "date": f"{changed:%Y-%m-%d}",
        "seconds": int(changed.timestamp()),
        "milliseconds": int(changed.timestamp() * 1000),
    }[kind]
    write(database, orders__r007={**ORDER, "totals": {"total": 99}, "updatedAt": date})
    (found,) = read("orders")
    assert (found.read, found.whole, found.total) == (1, False, 120)
    assert held(warehouse, "orders")[7]["total_cents"] == 9900
    (again,) = read("orders")
    assert (again.read - again.unchanged, again.total) == (0, 120)


def test_a_collection_whose_documents_carry_no_dates_is_read_whole_and_only_changes_are_loaded(database, read):  # noqa: F811
    bare = {"name": "Acme"}
    write(database, organizations__o1=bare, organizations__o2=bare)
    (first,) = read("organizations")
    assert (first.untimed, first.total) == (2, 2)
    write(database, organizations__o3=bare)
    (second,) = read("organizations")
    assert (second.whole, second.read, second.unchanged, second.total) == (True, 3, 2, 3)


def test_an_empty_collection_is_an_empty_table_and_its_reach_moves_on(read, warehouse, clock):
    (found,) = read("orders")
    assert (found.read, found.loading, found.total) == (0, None, 0)
    assert warehouse.lacks("orders", since=clock.now() - timedelta(days=1)) is None
    clock.forward(timedelta(days=3))
    assert warehouse.lacks("orders", since=clock.now() - timedelta(hours=1)) is not None
    read("orders")
    assert warehouse.lacks("orders", since=clock.now() - timedelta(hours=1)) is None
    assert list(warehouse.sources()) == ["firestore"]


def test_a_collection_of_which_nothing_fits_is_read_again_and_counts_as_not_read(database, read, warehouse, clock):  # noqa: F811
    write(database, orders__a={**ORDER, "createdAt": "never"})
    assert [(one.useless, one.read) for one in (*read("orders"), *read("orders"))] == [(True, 1), (True, 1)]
    write(database, orders__a=ORDER)
    assert (read("orders")[0].total, warehouse.sources()) == (1, {"firestore": clock.now()})


class BreaksOff:
    """The store, until a page too many is asked for."""

    def __init__(self, store: DocumentStore, pages: int) -> None:
        self.store, self.left, self.place = store, pages, store.place

    async def page(self, question: Question) -> Page:
        if self.left == 0:
            raise RetryLater("The line broke.", code="network")
        self.left -= 1
        return await self.store.page(question)

    async def present(self, paths):
        return await self.store.present(paths)

    async def put(self, path, values):
        await self.store.put(path, values)


def test_a_sync_that_was_broken_off_goes_on_where_it_stood_and_reads_no_page_twice(database, store, read, warehouse):  # noqa: F811
    write(database, **{f"orders__r{number:04}": ORDER for number in range(4500)})
    with pytest.raises(RetryLater):
        read("orders", store=BreaksOff(store, 2))
    assert warehouse.held("orders") is None
    spool = warehouse.folder / "sync" / "firestore" / "orders.jsonl"
    with spool.open("ab") as opened:
        opened.write(b'{"id": "half a li')  # what a killed process leaves
    (found,) = read("orders", store=BreaksOff(store, 1))
    assert (found.resumed, found.read, found.total) == (True, 4500, 4500)
    assert found.loading is not None
    assert (found.loading.loaded, found.loading.rejected, found.loading.duplicates) == (4500, 0, 0)


def test_a_sync_whose_rows_could_not_be_loaded_loads_them_the_next_time(database, store, read, warehouse):  # noqa: F811
    write(database, orders__a=ORDER)
    with loading_alone(warehouse.folder), pytest.raises(RetryLater, match="Another load"):
        read("orders")
    (found,) = read("orders", store=BreaksOff(store, 0))
    assert (found.resumed, found.total) == (True, 1)


def test_since_reads_what_changed_from_a_date_on_and_leaves_no_gap_behind(database, read, warehouse):  # noqa: F811
    write(database, orders__old=ORDER, orders__new={**ORDER, "createdAt": "@2026-11-20T10:00:00Z"})
    (found,) = read("orders", since=datetime(2026, 11, 10, tzinfo=UTC))
    assert (found.read, found.total) == (1, 1)
    write(database, orders__next={**ORDER, "updatedAt": stamp(now())})
    (found,) = read("orders", since=now() + timedelta(days=1))
    assert {row["id"] for row in held(warehouse, "orders")} == {"new", "next"}


def test_whole_reads_everything_again(database, read):  # noqa: F811
    write(database, orders__a=ORDER, orders__b=ORDER)
    read("orders")
    (found,) = read("orders", whole=True)
    assert (found.whole, found.read, found.unchanged) == (True, 2, 0)


def test_a_table_that_has_gone_is_read_from_the_beginning(database, read, warehouse):  # noqa: F811
    write(database, orders__a=ORDER)
    read("orders")
    (warehouse.folder / "manifest.json").unlink()
    (found,) = read("orders")
    assert (found.whole, found.total) == (True, 1)


def test_every_collection_that_is_not_there_is_an_empty_table(read, warehouse):
    assert {one.read for one in read()} == {0}
    assert [one.table for one in COLLECTIONS.values() if warehouse.held(one.table) is None] == []


def test_a_collection_that_is_none_is_refused_with_the_nearest():
    with pytest.raises(InvalidInput, match="Did you mean orders"):
        chosen(["order"])
