"""HubSpot's search for contacts, as its public reference says it. Confidence: medium; nobody tried it against HubSpot.

Strict: another key, another operator, a second sort, a limit above 200 and a page beyond the first 10,000 results are
refused. The order of contacts with the same value of the sort is nobody's promise, so it is another one each time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from urllib.parse import urlsplit

from opsbook.sdk.http import Answer, Sent
from opsbook.sdk.testing import json_answer

PATH = "/crm/v3/objects/contacts/search"
TOKEN = "canary-of-the-private-app"
MOST, DEEPEST = 200, 10_000
START = datetime(2026, 11, 1, 10, tzinfo=UTC)
KEYS = {"filterGroups", "sorts", "properties", "limit", "after", "query"}
ALWAYS = ("createdate", "hs_object_id", "lastmodifieddate")


@dataclass
class Crm:
    """`troubles` are answered first, one for each request, None for a good answer. `asked` are the searches."""

    contacts: dict[int, dict[str, Any]] = field(default_factory=dict)
    troubles: list[Answer | Exception | Callable[[], Answer] | None] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    chance: Random = field(default_factory=lambda: Random(7))

    def keep(self, number: int, changed: datetime = START, **properties: Any) -> None:
        """Make or change a contact."""
        made = self.contacts.get(number, {}).get("createdate", stamp(changed))
        found = {"createdate": made, **properties, "hs_object_id": str(number), "lastmodifieddate": stamp(changed)}
        self.contacts[number] = found

    def fill(self, numbers: Iterable[int], changed: datetime = START, apart: timedelta = timedelta(seconds=1)) -> None:
        """Contacts with addresses, so far apart in time."""
        for place, number in enumerate(numbers):
            self.keep(number, changed + place * apart, email=f"person-{number}@example.com")

    def __call__(self, sent: Sent) -> Answer:
        if (sent.method, urlsplit(sent.url).path) != ("POST", PATH):
            return json_answer({"status": "error", "message": "no such path"}, 404)
        if sent.headers.get("authorization") != f"Bearer {TOKEN}":
            return json_answer({"status": "error", "category": "INVALID_AUTHENTICATION"}, 401)
        self.asked.append(json.loads(sent.body))
        trouble = self.troubles.pop(0) if self.troubles else None
        if isinstance(trouble, Exception):
            raise trouble
        answer = trouble() if callable(trouble) else trouble
        return answer or self._search(self.asked[-1])

    def _search(self, asked: dict[str, Any]) -> Answer:
        sorts, limit, offset = asked.get("sorts", []), asked.get("limit", 10), int(asked.get("after", 0))
        if set(asked) - KEYS or len(sorts) != 1 or limit > MOST or offset + limit > DEEPEST:
            return json_answer({"status": "error", "category": "VALIDATION_ERROR"}, 400)
        found = [one for one in self.contacts.values() if any(_fits(one, group) for group in asked["filterGroups"])]
        self.chance.shuffle(found)
        found.sort(key=lambda one: _number(one[sorts[0]["propertyName"]]), reverse=sorts[0]["direction"] != "ASCENDING")
        page = found[offset : offset + limit]
        body: dict[str, Any] = {"total": len(found), "results": [_result(one, asked["properties"]) for one in page]}
        if offset + limit < len(found):
            body["paging"] = {"next": {"after": str(offset + limit)}}
        return json_answer(body)


def stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _result(contact: dict[str, Any], properties: list[str]) -> dict[str, Any]:
    shown = {name: contact.get(name) for name in (*ALWAYS, *properties)}
    made, changed = contact["createdate"], contact["lastmodifieddate"]
    return {
        "id": contact["hs_object_id"],
        "properties": shown,
        "createdAt": made,
        "updatedAt": changed,
        "archived": False,
    }


def _fits(contact: dict[str, Any], group: dict[str, Any]) -> bool:
    return all(_compared(contact, **one) for one in group["filters"])


def _compared(contact: dict[str, Any], propertyName: str, operator: str, value: str) -> bool:  # noqa: N803 its words
    mine, wanted = _number(contact[propertyName]), int(value)
    return {"GTE": mine >= wanted, "GT": mine > wanted, "EQ": mine == wanted}[operator]


@cache
def _number(value: str) -> int:
    if value.isdecimal():
        return int(value)
    return (datetime.fromisoformat(value) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
