"""A feed that a test tells: records with the time of their change, in pages, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from opsbook.sdk.clock import Clock
from opsbook.sdk.feeds import FeedPage
from opsbook.sdk.values import Json
from opsbook.warehouse import Warehouse
from opsbook.warehouse.sources._feeds import Records, sync_feed
from opsbook.warehouse.sources._fields import Fields, LeftOut, Row, text
from opsbook.warehouse.sources._synced import Synced

START = datetime(2026, 11, 1, 10, tzinfo=UTC)


@dataclass
class Told:
    """`breaks_at` are the pages, counted over all syncs, at which it raises instead; `asked` the times it was asked."""

    clock: Clock
    records: dict[str, tuple[datetime, dict[str, Any]]] = field(default_factory=dict)
    size: int = 3
    place: str = "a test"
    overlap: timedelta = timedelta(minutes=5)
    breaks_at: dict[int, BaseException] = field(default_factory=dict)
    asked: list[datetime | None] = field(default_factory=list)

    def keep(self, key: str, changed: datetime = START, **fields: Any) -> None:
        found = {"id": key, "email": f"{key}@example.com", "made": START.isoformat(), **fields}
        self.records[key] = (changed, found)

    def fill(self, count: int, changed: datetime = START) -> None:
        for number in range(count):
            self.keep(f"p{number}", changed + timedelta(seconds=number))

    async def page(self, since: datetime | None, after: Json) -> FeedPage:
        self.asked.append(since)
        if (trouble := self.breaks_at.get(len(self.asked))) is not None:
            raise trouble
        start = after if isinstance(after, int) else 0
        found = sorted(self.records.items(), key=lambda one: (one[1][0], one[0]))
        rows = [record for _, (changed, record) in found if since is None or changed >= since]
        end = start + self.size
        return FeedPage(rows[start:end], end if end < len(rows) else None, self.clock.now())


def lead(record: Fields) -> Row | LeftOut:
    if record.get("email") is None:
        return LeftOut("it has no address")
    row: Row = {"id": text(record, "id"), "email": record["email"], "source": "told", "captured_at": record["made"]}
    return row


PEOPLE = Records("told", "people", "leads", lead)


@dataclass
class Desk:
    """Syncs a feed into a warehouse, whatever the test has said of it until then."""

    feed: Told
    warehouse: Warehouse
    records: Records = PEOPLE

    def sync(self, **more: Any) -> Synced:
        return asyncio.run(sync_feed(self.feed, self.warehouse, self.records, **more))

    def by(self, row: Callable[[Fields], Row | LeftOut]) -> None:
        """Make rows in another way from here on."""
        self.records = replace(self.records, row=row)
