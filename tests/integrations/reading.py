"""A feed of a system in front of a contract, read to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from opsbook.integrations.configuration import configure
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.feeds import Feed
from opsbook.sdk.http import Answer, HttpClient, Sent
from opsbook.sdk.values import Json

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MOST = 5000  # pages; a test that asks for more has no end


@dataclass
class Reader:
    """`waits` are the seconds that were waited for."""

    feed: Feed
    waits: list[float] = field(default_factory=list)

    async def read(self, since: datetime | None = None, after: Json = None) -> list[dict[str, Any]]:
        """Every record from a place on, in the order in which they came."""
        found: list[dict[str, Any]] = []
        for _ in range(MOST):
            page = await self.feed.page(since, after)
            found += page.records
            after = page.after
            if after is None:
                return found
        raise AssertionError("the feed has no end")


def reader(
    key: str, name: str, settings: Mapping[str, Any], contract: Callable[[Sent], Answer], now: datetime = NOW
) -> Reader:
    """The records of that name of a system that the contract answers for."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    http = HttpClient(transport=contract, clock=SteppedClock(now))
    feed = configure({key: dict(settings)}, {}, http)[key].feed(name, sleep)
    assert feed is not None
    return Reader(feed, waits)
