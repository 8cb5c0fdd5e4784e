"""Firestore's documents over REST: values, errors, pages that are too large, and the indexes that queries need."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import opsbook.integrations.firestore
from opsbook.integrations.configuration import configure
from opsbook.integrations.firestore.documents import structured
from opsbook.integrations.firestore.values import decoded, encoded, fields_of
from opsbook.sdk.documents import DocumentStore, Question
from opsbook.sdk.errors import NeverWorks, OpsbookError, PersonNeeded, RetryLater
from opsbook.sdk.http import Answer, HttpClient
from opsbook.sdk.testing import FakeSystem, json_answer
from opsbook.warehouse.sources.firestore.collections import COLLECTIONS
from opsbook.warehouse.sources.firestore.place import Sweep
from opsbook.warehouse.sources.firestore.sweep import questions
from peers.firestore import Database, database, fields, firestore_peer  # noqa: F401 fixtures

ROOT = "/v1/projects/sample-1/databases/(default)/documents"
INDEXES = Path(opsbook.integrations.firestore.__file__).parent / "firestore.indexes.json"
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
READ = "2026-11-24T09:00:00.123456789Z"


def asked(answer: Any) -> tuple[DocumentStore, FakeSystem, list[float]]:
    """The store in front of a network that gives one answer to every query, and the waits between attempts."""
    desk, waits = FakeSystem({f"POST {ROOT}:runQuery": answer}), []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    settings = {"firestore": {"project": "sample-1", "access_token": "canary-token"}}
    store = configure(settings, {}, HttpClient(transport=desk))["firestore"].documents(sleep)
    assert store is not None
    return store, desk, waits


def failing(status: int, word: str) -> Answer:
    return json_answer([{"error": {"code": status, "message": "their prose", "status": word}}], status)


def document(name: str, **values: Any) -> dict[str, Any]:
    found = {"name": f"{ROOT[4:]}/{name}", "fields": fields(values), "createTime": READ, "updateTime": READ}
    return {"document": found, "readTime": READ}


def test_every_kind_of_value_becomes_plain_json():
    values = {
        "n": {"nullValue": None},
        "i": {"integerValue": "9007199254740993"},
        "d": {"doubleValue": 1.5},
        "nan": {"doubleValue": "NaN"},
        "b": {"booleanValue": False},
        "t": {"timestampValue": "2026-11-24T09:00:00Z"},
        "s": {"stringValue": "a"},
        "r": {"referenceValue": "projects/p/databases/d/documents/users/u1"},
        "g": {"geoPointValue": {"latitude": 40.5}},
        "m": {"mapValue": {}},
        "a": {
            "arrayValue": {"values": [{"stringValue": "x"}, {"mapValue": {"fields": {"k": {"booleanValue": True}}}}]}
        },
    }
    assert fields_of(values) == {
        "n": None,
        "i": 9007199254740993,
        "d": 1.5,
        "nan": None,
        "b": False,
        "t": "2026-11-24T09:00:00Z",
        "s": "a",
        "r": "users/u1",
        "g": {"latitude": 40.5, "longitude": 0.0},
        "m": {},
        "a": ["x", {"k": True}],
    }
    with pytest.raises(NeverWorks, match="does not document"):
        decoded({"quantumValue": 1})


def test_plain_values_are_written_so_that_firestore_takes_them():
    assert encoded({"at": AT, "big": 1 << 70, "lists": [[1], "a"]}) == {
        "mapValue": {
            "fields": {
                "at": {"timestampValue": "2026-11-24T09:00:00.000000Z"},
                "big": {"doubleValue": float(1 << 70)},
                "lists": {
                    "arrayValue": {
                        "values": [
                            {"mapValue": {"fields": {"items": {"arrayValue": {"values": [{"integerValue": "1"}]}}}}},
                            {"stringValue": "a"},
                        ]
                    }
                },
            }
        }
    }
    deep: Any = 1
    for _ in range(30):
        deep = {"a": deep}
    with pytest.raises(NeverWorks, match="nested deeper"):
        encoded(deep)


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (failing(400, "FAILED_PRECONDITION"), PersonNeeded, "missing_index"),
        (failing(404, "NOT_FOUND"), PersonNeeded, "not_configured"),
        (failing(403, "PERMISSION_DENIED"), PersonNeeded, "credentials"),
        (failing(400, "INVALID_ARGUMENT"), NeverWorks, "document_refused"),
        (json_answer({"not": "a list"}), NeverWorks, "bad_reply"),
        (json_answer([]), NeverWorks, "bad_reply"),
        (json_answer([{"document": {"name": "x"}, "readTime": READ}]), NeverWorks, "bad_reply"),
    ],
)
async def test_what_a_person_must_mend_is_told_at_once_and_without_their_prose(answer, error, code):
    store, _, waits = asked(answer)
    with pytest.raises(error) as caught:
        await store.page(Question("orders", 1))
    assert caught.value.code == code
    assert "their prose" not in str(caught.value)
    assert waits == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (failing(429, "RESOURCE_EXHAUSTED"), "rate_limited"),
        (failing(503, "UNAVAILABLE"), "busy"),
        (failing(409, "ABORTED"), "busy"),
        (Answer(502, b"proxy"), "http_5xx"),
    ],
)
async def test_what_may_pass_is_asked_again_with_growing_waits_and_then_told(answer, code):
    store, desk, waits = asked(answer)
    with pytest.raises(RetryLater) as caught:
        await store.page(Question("orders", 1))
    assert (caught.value.code, len(desk.sent), waits) == (code, 4, [0.5, 1.0, 2.0])


async def test_a_wait_that_firestore_asks_for_is_kept_and_a_long_one_is_the_callers():
    store, _, waits = asked(Answer(429, b"", {"retry-after": "7"}))
    with pytest.raises(RetryLater):
        await store.page(Question("orders", 1))
    assert waits == [7.0, 7.0, 7.0]
    store, _, waits = asked(Answer(429, b"", {"retry-after": "600"}))
    with pytest.raises(RetryLater):
        await store.page(Question("orders", 1))
    assert waits == []


async def test_a_page_that_is_too_large_is_asked_for_in_smaller_pieces():
    limits: list[int] = []

    def answer(sent: Any) -> Answer:
        limit = json.loads(sent.body)["structuredQuery"]["limit"]
        limits.append(limit)
        size = 4_000_000 // 300 if limit > 1 else 10
        return json_answer([document(f"orders/{number}", text="x" * size) for number in range(limit)])

    settings = {"firestore": {"project": "sample-1", "access_token": "canary-token"}}
    store = configure(settings, {}, HttpClient(transport=answer))["firestore"].documents(asyncio.sleep)
    assert store is not None
    page = await store.page(Question("orders", 500))
    assert (limits, len(page.documents)) == ([500, 125], 125)
    assert page.after is not None


def flat(query: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The fields that a query filters by equality, and those that it orders by, but for the name."""
    where = query.get("where", {})
    filters = where.get("compositeFilter", {}).get("filters") or ([where] if where else [])
    equal = [one["fieldFilter"]["field"]["fieldPath"] for one in filters if one["fieldFilter"]["op"] == "IN"]
    order = [one["field"]["fieldPath"] for one in query["orderBy"] if one["field"]["fieldPath"] != "__name__"]
    return equal, order


def test_every_query_that_a_sync_makes_is_covered_by_the_indexes_that_are_shipped():
    shipped = json.loads(INDEXES.read_text())
    composite = {(one["collectionGroup"], *(f["fieldPath"] for f in one["fields"])) for one in shipped["indexes"]}
    overrides = {
        (one["collectionGroup"], one["fieldPath"])
        for one in shipped["fieldOverrides"]
        if {"order": "ASCENDING", "queryScope": "COLLECTION_GROUP"} in one["indexes"]
    }
    needed, nested = set(), set()
    for collection in COLLECTIONS.values():
        for sweep in (Sweep(whole=True), Sweep(whole=False, since=AT)):
            for question in questions(collection, sweep):
                equal, order = flat(structured(question))
                assert len(order) <= 1
                if equal and order and equal != order:
                    needed.add((collection.stored_as, *equal, *order))
                if order and question.nested:
                    nested.add((collection.stored_as, *order))
    assert needed == {("system_logs", "level", "timestamp")}
    assert needed <= composite
    assert nested == overrides


def test_the_indexes_of_the_platforms_screens_are_shipped_too():
    shipped = json.loads(INDEXES.read_text())["indexes"]
    found = {one["collectionGroup"]: [tuple(field.values()) for field in one["fields"]] for one in shipped}
    assert found["playbook_executions"] == [("playbookId", "ASCENDING"), ("startedAt", "DESCENDING")]
    assert found["notifications"] == [("userId", "ASCENDING"), ("createdAt", "DESCENDING")]


@pytest.mark.peer("firestore")
async def test_a_document_that_is_written_is_read_as_it_was_and_again_changes_nothing(database: Database):  # noqa: F811
    system = configure({"firestore": database.settings}, {}, HttpClient(allow_loopback=True))["firestore"]
    store = system.documents(asyncio.sleep)
    assert store is not None
    values = {"at": AT, "odd name/`": 1, "list": [{"a": [1, [2]]}], "none": None, "text": "ä\u2028"}
    for _ in range(2):
        await store.put("things/a b%c", values)
    page = await store.page(Question("things", 10))
    (found,) = page.documents
    assert (found.path, page.after) == ("things/a b%c", None)
    assert found.fields == {
        "at": "2026-11-24T09:00:00Z",
        "odd name/`": 1,
        "list": [{"a": [1, {"items": [2]}]}],
        "none": None,
        "text": "ä\u2028",
    }
    assert await store.present(["things/a b%c", "things/none"]) == frozenset({"things/a b%c"})


@pytest.mark.peer("firestore")
async def test_pages_neither_skip_nor_repeat_documents_with_equal_values(database: Database):  # noqa: F811
    database.write({f"things/{number:02}": fields({"at": "@2026-11-24T09:00:00Z"}) for number in range(25)})
    system = configure({"firestore": database.settings}, {}, HttpClient(allow_loopback=True))["firestore"]
    store = system.documents(asyncio.sleep)
    assert store is not None
    seen: list[str] = []
    question = Question("things", 10, fields=("other",), order_by="at", above=datetime(2026, 11, 1, tzinfo=UTC))
    while True:
        page = await store.page(question)
        seen += [one.id for one in page.documents]
        if page.after is None:
            break
        question = Question(**{**vars(question), "after": page.after})
    assert seen == [f"{number:02}" for number in range(25)]


async def test_without_settings_there_is_no_store():
    assert configure({}, {}, HttpClient())["firestore"].documents(asyncio.sleep) is None


async def test_no_secret_is_in_what_is_told():
    store, _, _ = asked(failing(403, "PERMISSION_DENIED"))
    with pytest.raises(OpsbookError) as caught:
        await store.page(Question("orders", 1))
    assert "canary-token" not in repr(caught.value) + str(caught.value)
