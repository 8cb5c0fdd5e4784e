"""Contacts in the order of their last change, by the search of HubSpot's CRM.

One search gives no more than its first 10,000 results, however its pages are asked for. So each page is a search of its
own that begins at the time with which the page before it ended. More contacts of one millisecond than a page holds are
asked for by their ids.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise

from opsbook.integrations._patience import Sleep, patiently
from opsbook.integrations._verdicts import at, peek
from opsbook.sdk.errors import NeverWorks, PersonNeeded, RetryLater
from opsbook.sdk.feeds import FeedPage
from opsbook.sdk.http import Reply
from opsbook.sdk.values import Json, JsonObject

PAGE = 200  # the most that a search gives at once
PAGE_SECONDS = 30.0
CHANGED, ID = "lastmodifieddate", "hs_object_id"
PROPERTIES = ("email", "phone", "mobilephone", "createdate", CHANGED, ID)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
WAITS = {"TEN_SECONDLY_ROLLING": 10.0, "SECONDLY": 1.0}  # seconds, by the limit that was met, where no other is asked

Send = Callable[[JsonObject], Awaitable[Reply]]  # a search


@dataclass(frozen=True)
class Behind:
    """Where a page begins: at a time in ms, `above` an id when only contacts of that very time are asked for."""

    time: int
    above: int | None = None

    def as_json(self) -> Json:
        return [self.time, self.above]

    @classmethod
    def of(cls, since: datetime | None, after: Json) -> Behind:
        if isinstance(after, list):
            time, above = (one if isinstance(one, int) else None for one in after)
            return cls(time or 0, above)
        return cls(0 if since is None else (since - EPOCH) // MILLISECOND)

    def question(self) -> JsonObject:
        """The search, in HubSpot's words."""
        filters = [_filter(CHANGED, "GTE" if self.above is None else "EQ", self.time)]
        if self.above is not None:
            filters.append(_filter(ID, "GT", self.above))
        order: JsonObject = {"propertyName": CHANGED if self.above is None else ID, "direction": "ASCENDING"}
        return {
            "filterGroups": [{"filters": [*filters]}],
            "sorts": [order],
            "properties": [*PROPERTIES],
            "limit": PAGE,
        }

    def leads_to(self, keys: Sequence[tuple[int, int]]) -> bool:
        """Whether contacts of these times and ids are what was asked for, in the order that was asked for."""
        if self.above is None:
            times = [self.time, *(time for time, _ in keys)]
            return times == sorted(times)
        ids = [self.above, *(one for _, one in keys)]
        return {time for time, _ in keys} <= {self.time} and all(one < other for one, other in pairwise(ids))


class Contacts:
    """The contacts of one account. Deleted ones are told by no search."""

    overlap = timedelta(minutes=5)  # the search knows of a change some seconds after it

    def __init__(self, send: Send, place: str, sleep: Sleep) -> None:
        self.send = send
        self.place = place
        self.sleep = sleep

    async def page(self, since: datetime | None, after: Json) -> FeedPage:
        behind = Behind.of(since, after)

        async def ask() -> FeedPage:
            return page_of(checked(await self.send(behind.question())), behind)

        return await patiently(ask, self.sleep)


def page_of(reply: Reply, behind: Behind) -> FeedPage:
    """What a search gave. Of a page that is not the last those of its last time are left for the next one.

    Raises `RetryLater` when the order is another one than was asked for: to go on from there would lose some.
    """
    records, more = _results(reply)
    keys = [_key(record) for record in records]
    if not behind.leads_to(keys):
        cure = "Its search lags behind changes by some seconds: repeat the sync."
        raise RetryLater("HubSpot told contacts in another order than was asked for.", cure=cure, code="busy")
    read_at = _read_at(reply)
    if not more:
        after = None if behind.above is None else Behind(behind.time + 1).as_json()
        return FeedPage(records, after, read_at)
    last, last_id = keys[-1]
    if behind.above is not None:
        return FeedPage(records, Behind(behind.time, last_id).as_json(), read_at)
    kept = [record for record, (time, _) in zip(records, keys, strict=True) if time < last]
    return FeedPage(kept, Behind(last, None if kept else 0).as_json(), read_at)


def checked(reply: Reply) -> Reply:
    """The reply of a good status. Raises what `Reply.checked` raises; an error may come with a good status as well."""
    body = peek(reply)
    if reply.status == 403:
        cure = "Give the private app the scope crm.objects.contacts.read."
        raise PersonNeeded("HubSpot does not let this app read contacts.", cure=cure, code="credentials")
    if reply.status == 429 and reply.retry_after_seconds is None:
        wait = WAITS.get(str(at(body, "policyName")))
        raise RetryLater("HubSpot limits how often it may be asked.", after_seconds=wait, code="rate_limited")
    if reply.ok and at(body, "status") == "error":
        raise RetryLater("HubSpot answered a search with an error.", code="http_5xx")
    return reply.checked()


def _results(reply: Reply) -> tuple[list[JsonObject], bool]:
    """The contacts, and whether there are more of them."""
    body = peek(reply)
    found, total = at(body, "results"), at(body, "total")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _undocumented("without a list of contacts")
    more = len(found) >= PAGE or at(body, "paging.next") is not None or (isinstance(total, int) and total > len(found))
    if more and not found:
        raise _undocumented("without contacts and says that there are more")
    return found, more


def _key(record: JsonObject) -> tuple[int, int]:
    """When a contact was changed, in ms, and its id."""
    try:
        changed = datetime.fromisoformat(str(at(record, f"properties.{CHANGED}")))
        return (changed - EPOCH) // MILLISECOND, int(str(record["id"]))
    except (ValueError, TypeError, KeyError):
        raise _undocumented("with a contact that has no id or no time of its change") from None


def _read_at(reply: Reply) -> datetime:
    """The earlier of HubSpot's own time and ours, so that neither clock makes a later search begin too late."""
    try:
        theirs = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return reply.received_at
    return min(theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC), reply.received_at)


def _filter(name: str, operator: str, value: int) -> Json:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def _undocumented(what: str) -> NeverWorks:
    return NeverWorks(f"HubSpot answered a search {what}.", code="bad_reply")
