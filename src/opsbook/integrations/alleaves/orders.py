"""Orders of a range of dates, page by page. What Alleaves does not document is asked so that either answer is right.

Whether its pages count from 0 or from 1: both are asked for. Whether the last date belongs to a range: ranges share a
day. Whether a page may be short: a range ends with a page that is empty. Whether its dates are local: ranges begin a
day early and end two days late. Orders that come twice by that are the same order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from opsbook.integrations._patience import Sleep, patiently
from opsbook.integrations._verdicts import at, peek
from opsbook.sdk.errors import InvalidInput, NeverWorks, PersonNeeded, RetryLater
from opsbook.sdk.feeds import FeedPage
from opsbook.sdk.http import Reply
from opsbook.sdk.values import Json, JsonObject, digest

PAGE = 100
MOST_PAGES = 1000  # of one range
RANGE = timedelta(days=28)
DAY = timedelta(days=1)
PAGE_SECONDS = 30.0

Send = Callable[[dict[str, str | int]], Awaitable[Reply]]  # the query of a request for orders


@dataclass(frozen=True)
class Range:
    """Where a page lies: its dates, its number, and what the page before it held."""

    start: str
    end: str
    page: int = 0
    before: str = ""

    def question(self) -> dict[str, str | int]:
        return {"page": self.page, "pageSize": PAGE, "startDate": self.start, "endDate": self.end}

    def next_page(self, records: list[JsonObject]) -> Range:
        return replace(self, page=self.page + 1, before=digest(records))

    def next_range(self, until: date) -> Range | None:
        """The range behind this one, None when this one reaches as far."""
        end = date.fromisoformat(self.end)
        return ranged(end, until) if end < until else None


def ranged(start: date, until: date) -> Range:
    """The first range of these dates."""
    return Range(start.isoformat(), min(start + RANGE, until).isoformat())


class Orders:
    """The orders of one account, by the dates that Alleaves goes by; `first` is the date of the first one."""

    overlap = timedelta(days=7)  # whether a later change of an order moves it to a later date is not known

    def __init__(self, send: Send, place: str, first: date | None, now: Callable[[], datetime], sleep: Sleep) -> None:
        self.send = send
        self.place = place
        self.first = first
        self.now = now
        self.sleep = sleep

    async def page(self, since: datetime | None, after: Json) -> FeedPage:
        read_at = self.now()
        until = (read_at + 2 * DAY).date()
        asked = Range(**after) if isinstance(after, dict) else ranged(self._start(since, until), until)  # type: ignore[arg-type]

        async def ask() -> list[JsonObject]:
            return records_of(await self.send(asked.question()), first=asked.page == 0)

        records = await patiently(ask, self.sleep)
        following = _following(asked, records, until)
        twice = asked.page > 0 and digest(records) == asked.before
        return FeedPage([] if twice else records, asdict(following) if following else None, read_at)

    def _start(self, since: datetime | None, until: date) -> date:
        if since is not None:
            return (since - DAY).date()
        if self.first is None:
            cure = "Set ALLEAVES_ORDERS_FROM to the date of the first one, such as 2024-01-01."
            raise PersonNeeded("It is not said from when on orders are read.", cure=cure, code="not_configured")
        if self.first >= until:
            raise InvalidInput("ALLEAVES_ORDERS_FROM lies in the future.", field="orders_from", cure="Correct it.")
        return self.first


def records_of(reply: Reply, *, first: bool) -> list[JsonObject]:
    """The orders of an answer: a list, or an object with one list in it.

    Where pages count from 1 the `first`, with the number 0, may be refused: then it is an empty one.
    """
    if first and reply.status in (400, 404, 422):
        return []
    body = peek(reply.checked())
    if isinstance(body, dict) and ("error" in body or at(body, "success") is False):
        raise RetryLater("Alleaves answered a request for orders with an error.", code="http_5xx")
    lists = [body] if isinstance(body, list) else [one for one in _members(body) if isinstance(one, list)]
    if len(lists) != 1 or not all(isinstance(one, dict) for one in lists[0]):
        raise NeverWorks("Alleaves answered a request for orders without a list of them.", code="bad_reply")
    return [one for one in lists[0] if isinstance(one, dict)]


def _members(body: Any) -> list[Any]:
    return list(body.values()) if isinstance(body, dict) else []


def _following(asked: Range, records: list[JsonObject], until: date) -> Range | None:
    """Where the next page lies. Raises `NeverWorks` for pages without an end, or when they are all the same."""
    following = asked.next_page(records)
    if not records and asked.page > 0:
        return asked.next_range(until)
    if asked.page > 1 and following.before == asked.before:
        if len(records) != PAGE:  # it gives the whole range, whatever page is asked for
            return asked.next_range(until)
        raise NeverWorks("Alleaves answers with the same orders whatever page is asked for.", code="bad_reply")
    if following.page >= MOST_PAGES:
        said = f"Alleaves has more than {PAGE * MOST_PAGES} orders from {asked.start} to {asked.end}."
        raise NeverWorks(said, cure="Its pages seem to have no end.", code="bad_reply")
    return following
