"""Alleaves' orders, as independent integrators ask for them. Confidence: weak; nobody tried it against Alleaves.

What nobody documents can be set: from which number pages count and what the one before answers, whether the last date
belongs to a range, which order comes first, how orders are wrapped, how many a page holds at most.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from opsbook.sdk.http import Answer, Sent
from opsbook.sdk.testing import json_answer

USER, PASSWORD, PIN = "till-user", "canary-of-the-till", "canary-pin"
ASKED = {"page", "pageSize", "startDate", "endDate"}
SETTINGS = {"username": USER, "password": PASSWORD, "pin": PIN, "orders_from": "2026-09-01"}
FIELDS = {
    "id": "id_order",
    "organization_id": "location.id",
    "ordered_at": "date_created",
    "total_cents": "total:usd",
    "status": "status",
    "product": "items.0.name",
}


@dataclass
class Till:
    """`troubles` are answered first, one for each request for orders, None for a good answer; `asked` are those."""

    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    counts_from: int = 1
    page_before: Literal["refused", "the first", "empty"] = "the first"
    end_belongs: bool = True
    newest_first: bool = True
    wrapped_as: str | None = None
    largest_page: int = 100
    same_page_always: bool = False
    troubles: list[Answer | Exception | None] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    sign_ins: int = 0
    lives: int = 10**9  # requests that a token is good for

    def keep(self, number: int, day: str | date, **fields: Any) -> None:
        """Make or change an order."""
        found = {"id_order": number, "location": {"id": "org-1"}, "date_created": f"{day}T12:00:00", "total": 12.5}
        self.orders[number] = {**found, "status": "completed", "items": [{"name": "Gummies"}], **fields}

    def fill(self, count: int, first: str, days: int) -> None:
        """So many orders, spread over days."""
        begin = date.fromisoformat(first)
        for number in range(count):
            self.keep(number, begin + timedelta(days=number * days // count))

    def __call__(self, sent: Sent) -> Answer:
        path = urlsplit(sent.url).path
        if path == "/api/auth":
            return self._signed_in(sent)
        if (sent.method, path) != ("GET", "/api/order"):
            return json_answer({"message": "no such path"}, 404)
        if self.lives <= 0 or sent.headers.get("authorization") != f"Bearer {self._token}":
            return json_answer({"message": "Unauthorized"}, 401)
        self.lives -= 1
        self.asked.append(dict(parse_qsl(urlsplit(sent.url).query)))
        trouble = self.troubles.pop(0) if self.troubles else None
        if isinstance(trouble, Exception):
            raise trouble
        return trouble or self._page(self.asked[-1])

    @property
    def _token(self) -> str:
        return f"token-{self.sign_ins}"

    def _signed_in(self, sent: Sent) -> Answer:
        given = json.loads(sent.body) if sent.body else {}
        basic = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        by_pin = given == {"username": USER, "password": PASSWORD, "pin": PIN}
        if not (by_pin or (not given and sent.headers.get("authorization") == basic)):
            return json_answer({"message": "Unauthorized"}, 401)
        self.sign_ins += 1
        self.lives = max(self.lives, 100)
        return json_answer({"token": self._token})

    def _page(self, asked: dict[str, str]) -> Answer:
        if set(asked) != ASKED:
            return json_answer({"message": "unknown parameter"}, 400)
        page = int(asked["page"]) - self.counts_from
        if page < 0 and self.page_before == "refused":
            return json_answer({"message": "page must be at least 1"}, 422)
        first, last = (date.fromisoformat(asked[name]) for name in ("startDate", "endDate"))
        found = [one for one in self.orders.values() if first <= _day(one) and self._before(one, last)]
        found.sort(key=lambda one: (one["date_created"], str(one["id_order"])), reverse=self.newest_first)
        size = min(int(asked["pageSize"]), self.largest_page)
        start = 0 if self.same_page_always else max(page, 0) * size
        rows = [] if page < 0 and self.page_before == "empty" else found[start : start + size]
        return json_answer({self.wrapped_as: rows, "pageSize": size} if self.wrapped_as else rows)

    def _before(self, order: dict[str, Any], last: date) -> bool:
        return _day(order) <= last if self.end_belongs else _day(order) < last


def _day(order: dict[str, Any]) -> date:
    return datetime.fromisoformat(str(order["date_created"])).replace(tzinfo=UTC).date()
