"""Reads and writes documents over REST: pages in an order that never skips, whole documents by path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from opsbook.integrations._patience import Sleep, patiently
from opsbook.integrations._verdicts import at, code_in, peek
from opsbook.integrations.firestore.values import encoded, fields_of, moment, read_moment
from opsbook.sdk.documents import Document, DocumentRefused, Moment, Page, Question
from opsbook.sdk.errors import NeverWorks, PersonNeeded, RetryLater
from opsbook.sdk.http import Reply
from opsbook.sdk.values import Json, JsonObject

PAGE_SECONDS = 30.0  # for one page or one write; a probe's five seconds are short for a thousand documents
NAME = "__name__"

Send = Callable[[str, str, JsonObject, float], Awaitable[Reply]]  # method, path, body, seconds


class Documents:
    """The documents of one database. Every call is repeated when what failed may pass; all of them may be repeated."""

    def __init__(self, send: Send, project: str, database: str, sleep: Sleep) -> None:
        self.send = send
        self.sleep = sleep
        self.place = f"{project}/{database}"
        self.root = f"projects/{project}/databases/{database}/documents"
        self._most: dict[str, int] = {}  # by collection: how many of its documents an answer can carry

    async def page(self, question: Question) -> Page:
        """One page. One that is too large to be taken is asked for again in smaller pieces, and those after it too."""
        question = replace(question, limit=min(question.limit, self._most.get(question.collection, question.limit)))
        try:
            rows = await self._rows("runQuery", {"structuredQuery": structured(question)})
        except NeverWorks:
            if question.limit <= 1:
                raise
            self._most[question.collection] = question.limit // 4 or 1
            return await self.page(question)
        found = [self._document(row["document"]) for row in rows if "document" in row]
        last = next((row["document"] for row in reversed(rows) if "document" in row), None)
        more = last is not None and len(found) >= question.limit
        return Page(found, _after(question, last) if more and last else None, _read_at(rows))

    async def present(self, paths: Sequence[str]) -> frozenset[str]:
        if not paths:
            return frozenset()
        names: list[Json] = [f"{self.root}/{path}" for path in paths]
        rows = await self._rows("batchGet", {"documents": names, "mask": {"fieldPaths": [NAME]}})
        return frozenset(self._document(row["found"]).path for row in rows if "found" in row)

    async def put(self, path: str, fields: Mapping[str, object]) -> None:
        body: JsonObject = {"fields": {name: encoded(value) for name, value in fields.items()}}
        await self._sent("PATCH", quote(f"{self.root}/{path}", safe="/()"), body)

    async def _rows(self, verb: str, body: JsonObject) -> list[dict[str, Any]]:
        reply = await self._sent("POST", f"{quote(self.root, safe='/()')}:{verb}", body)
        rows = peek(reply)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise NeverWorks("Firestore answered a query with something else than a list.", code="bad_reply")
        return [row for row in rows if isinstance(row, dict)]

    async def _sent(self, method: str, path: str, body: JsonObject) -> Reply:
        async def ask() -> Reply:
            return checked(await self.send(method, f"v1/{path}", body, PAGE_SECONDS))

        return await patiently(ask, self.sleep)

    def _document(self, found: Mapping[str, Any]) -> Document:
        try:
            path = str(found["name"]).split("/documents/", 1)[1]
            changed, created = read_moment(found["updateTime"]), read_moment(found["createTime"])
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise NeverWorks("Firestore answered a document without name or time.", code="bad_reply") from error
        return Document(path, fields_of(found.get("fields") or {}), changed, created)


def structured(question: Question) -> JsonObject:
    """The question in Firestore's words. Every query that it can make is covered by `firestore.indexes.json`."""
    named = [quoted(question.order_by), NAME] if question.order_by else [NAME]
    order: list[Json] = [{"field": {"fieldPath": path}, "direction": "ASCENDING"} for path in named]
    query: JsonObject = {
        "from": [{"collectionId": question.collection, "allDescendants": question.nested}],
        "orderBy": order,
        "limit": question.limit,
    }
    if question.fields:
        needed = dict.fromkeys((*question.fields, *([question.order_by] if question.order_by else [])))
        query["select"] = {"fields": [{"fieldPath": quoted(name)} for name in needed]}
    filters = _filters(question)
    if len(filters) == 1:
        query["where"] = filters[0]
    elif filters:
        query["where"] = {"compositeFilter": {"op": "AND", "filters": filters}}
    if isinstance(question.after, list):
        query["startAt"] = {"values": question.after, "before": False}
    return query


def _filters(question: Question) -> list[Json]:
    found: list[Json] = []
    if question.among:
        field, words = question.among
        listed: Json = {"arrayValue": {"values": [{"stringValue": word} for word in words]}}
        found.append({"fieldFilter": {"field": {"fieldPath": quoted(field)}, "op": "IN", "value": listed}})
    for op, bound in (("GREATER_THAN", question.above), ("LESS_THAN", question.below)):
        if bound is not None and question.order_by:
            field_path: Json = {"fieldPath": quoted(question.order_by)}
            found.append({"fieldFilter": {"field": field_path, "op": op, "value": _bound(bound)}})
    return found


def _bound(value: Moment) -> JsonObject:
    return {"timestampValue": moment(value)} if isinstance(value, datetime) else encoded(value)


def _after(question: Question, last: Mapping[str, Any]) -> Json:
    """The place behind a document: the typed values that it is ordered by, and its name."""
    place: list[Json] = []
    if question.order_by:
        value: Any = {"mapValue": {"fields": last.get("fields") or {}}}
        for part in question.order_by.split("."):
            value = value["mapValue"]["fields"][part]
        place.append(value)
    return [*place, {"referenceValue": str(last["name"])}]


def quoted(path: str) -> str:
    """A field's path with every part that is no plain name in backticks."""
    parts = path.split(".")
    return ".".join(part if part.isidentifier() and part.isascii() else f"`{part}`" for part in parts)


def _read_at(rows: Sequence[Mapping[str, Any]]) -> datetime:
    try:
        return read_moment(rows[0]["readTime"])
    except (IndexError, KeyError, ValueError, TypeError) as error:
        raise NeverWorks("Firestore answered a query without its time.", code="bad_reply") from error


def checked(reply: Reply) -> Reply:
    """The reply of a good status. Query errors come in a list, single ones as an object.

    Raises what `Reply.checked` raises, and `PersonNeeded` for a missing index or database.
    """
    if reply.ok:
        return reply
    body = peek(reply)
    error = body[0] if isinstance(body, list) and body else body
    status = str(at(error, "error.status") or code_in(reply, "error.status"))
    if status == "FAILED_PRECONDITION":
        cure = "Create the indexes of integrations/firestore/firestore.indexes.json in the database."
        raise PersonNeeded("Firestore has no index for this query.", cure=cure, code="missing_index")
    if status in ("RESOURCE_EXHAUSTED", "ABORTED", "UNAVAILABLE", "DEADLINE_EXCEEDED"):
        code = "rate_limited" if status == "RESOURCE_EXHAUSTED" else "busy"
        raise RetryLater(f"Firestore answered {status}.", after_seconds=reply.retry_after_seconds, code=code)
    if status == "INVALID_ARGUMENT":
        raise DocumentRefused("Firestore refused what it was sent as invalid.")
    if status == "NOT_FOUND":
        cure = "Correct GOOGLE_CLOUD_PROJECT or FIRESTORE_DATABASE."
        raise PersonNeeded("Firestore knows no such database.", cure=cure, code="not_configured")
    return reply.checked()
