"""Ids sort by the time of their making, also inside one millisecond."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from opsbook.sdk.clock import Ids, SteppedClock

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)


def test_ids_of_one_millisecond_keep_the_order_of_their_making() -> None:
    clock = SteppedClock(AT)
    ids = Ids(clock)
    made = [ids.new("run") for _ in range(100)]
    clock.forward(timedelta(milliseconds=1))
    made.append(ids.new("run"))
    clock.forward(timedelta(seconds=-5))  # a clock that was set back makes no id that sorts before
    made.append(ids.new("run"))
    assert made == sorted(made)
    assert len(set(made)) == 102


def test_threads_never_make_the_same_id() -> None:
    ids = Ids(SteppedClock(AT))
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(ids.new, ["run"] * 4000))
    assert len(set(made)) == 4000
