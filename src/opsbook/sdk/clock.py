"""Time, randomness and ids are injected, so that a test can replay a failure from its seed."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the product knows of time. `now` is an aware UTC datetime; `monotonic` is seconds, for time-outs only."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class SteppedClock:
    """A clock that stands still until it is told to move. Ships with the product for plug-ins' tests."""

    at: datetime
    ticks: float = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.ticks

    def forward(self, by: timedelta) -> None:
        self.at += by
        self.ticks += by.total_seconds()


@dataclass
class Ids:
    """Ids that sort by the time of their making: 12 hex digits of milliseconds, then 20 random ones.

    The order inside one millisecond is kept within one process. Collisions: 80 random bits.
    """

    clock: Clock
    random: random.Random = field(default_factory=lambda: random.Random(os.urandom(16)))  # noqa: S311 ids, not secrets
    _last: int = 0

    def new(self, prefix: str) -> str:
        stamp = max(int(self.clock.now().timestamp() * 1000), self._last)
        self._last = stamp
        return f"{prefix}_{stamp:012x}{self.random.getrandbits(80):020x}"
