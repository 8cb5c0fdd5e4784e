"""Time, randomness and ids are injected, so that a test can replay a failure from its seed."""

from __future__ import annotations

import os
import random
import threading
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

    The order inside one millisecond is kept within one process, by any number of threads: the next id there is one
    higher. Collisions: 79 random bits for each millisecond.
    """

    clock: Clock
    random: random.Random = field(default_factory=lambda: random.Random(os.urandom(16)))  # noqa: S311 ids, not secrets
    _last: tuple[int, int] = (0, 0)
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def new(self, prefix: str) -> str:
        with self._turn:
            stamp, (last, tail) = int(self.clock.now().timestamp() * 1000), self._last
            self._last = (stamp, self.random.getrandbits(79)) if stamp > last else (last, tail + 1)
            return f"{prefix}_{self._last[0]:012x}{self._last[1]:020x}"
