"""How much of its day a way out has had, where our settings limit it: our own count, not the vendor's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from opsbook.records.effects import day_of
from opsbook.sdk.effects import Limited
from opsbook.sdk.integration import ErrorClass, Integration, Observation, Status
from opsbook.sdk.values import JsonObject, plain

Taken = Callable[[str, datetime], int]


@dataclass(frozen=True)
class Share:
    """What a way out took on a day of UTC, what may have left included, and what it is to take at most."""

    used: int
    limit: int
    resets_at: datetime

    def as_json(self) -> JsonObject:
        return {
            "used": self.used,
            "limit": self.limit,
            "used_share": round(self.used / self.limit, 6),
            "resets_at": plain(self.resets_at),
            "source": "own counter",
        }


def shares(
    systems: Mapping[str, Integration[Any]], ids: Sequence[str], taken: Taken | None, now: datetime
) -> dict[str, Share]:
    """By system, for those with a way out that is limited; `taken` counts by the way out's name since a moment."""
    if taken is None:
        return {}
    began = day_of(now)
    ways = [(key, way) for key in ids for way in systems[key].connectors()]
    return {
        key: Share(taken(way.name, began), way.per_day, began + timedelta(days=1))
        for key, way in ways
        if isinstance(way, Limited) and way.per_day is not None
    }


def with_share(seen: Observation, share: Share | None) -> Observation:
    """What was observed, with our own figure where the vendor states none; a day that is used up is degraded."""
    if share is None or seen.quota is not None:
        return seen
    seen = replace(seen, quota=share.as_json())
    if seen.status is not Status.ONLINE or share.used < share.limit:
        return seen
    said = f"The {share.limit} messages that it is to take in a day are used up; the next day begins at 00:00 UTC."
    return replace(seen, status=Status.DEGRADED, error_class=ErrorClass.THROTTLED, message=said)
