"""How well a system answered over a window, worked out from its probes. Pure.

* Uptime is weighted by time: what a probe found holds until the next one, and for `HELD` at most; after that nobody
  knows. Online and degraded are up, offline is down. Not configured, unknown and found during maintenance count for
  neither.
* Coverage is the share of the window in which the state was known. An uptime without it says little.
* Latency percentiles are exact, by nearest rank: the smallest latency that at least that share of the answers did not
  exceed. Only answers count (online or degraded, outside maintenance): how quickly a failure came says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from opsbook.sdk.integration import Status
from opsbook.sdk.values import JsonObject, Unknown, measured, plain

HELD = timedelta(minutes=90)  # an hourly probe and half an hour of delay
WINDOWS: Mapping[str, timedelta] = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
LEAST = {50: 5, 95: 20, 99: 100}  # answers below which a percentile is unknown: at 1 / (1 - p) it is still the maximum
UP = frozenset({Status.ONLINE, Status.DEGRADED})
JUDGED = UP | {Status.OFFLINE}


@dataclass(frozen=True)
class Sample:
    """One probe, as much of it as the figures need."""

    at: datetime
    status: str
    latency_ms: float | None
    maintenance: bool = False


@dataclass(frozen=True)
class Spans:
    """How long a system was up and down within a window; the rest of the window is not known."""

    up: timedelta
    down: timedelta
    window: timedelta

    def uptime(self) -> JsonObject:
        """Up / (up + down), 0 to 1; unknown when no state was known at any time."""
        known = self.up + self.down
        if not known:
            return Unknown("no probe says how it was in the window").as_json()
        return measured(round(self.up / known, 6), unit="ratio")

    def coverage(self) -> JsonObject:
        """(Up + down) / window, 0 to 1."""
        return measured(round((self.up + self.down) / self.window, 6), unit="ratio")


def spans(samples: Sequence[Sample], start: datetime, end: datetime, held: timedelta = HELD) -> Spans:
    """Up and down time within `[start, end)`. `samples` are oldest first and may begin before the window."""
    up = down = timedelta(0)
    for sample, lasted in _lasting(samples, start, end, held):
        if sample.status in UP:
            up += lasted
        elif sample.status == Status.OFFLINE:
            down += lasted
    return Spans(up, down, end - start)


def percentile(latencies: Sequence[float], share: int) -> JsonObject:
    """The nearest-rank percentile in milliseconds; unknown when there are fewer than `LEAST[share]` latencies."""
    count = len(latencies)
    if count < LEAST[share]:
        return Unknown(f"{count} answers, and {LEAST[share]} are needed").as_json()
    rank = -(-share * count // 100)  # rounded up, in whole numbers
    return measured(round(sorted(latencies)[rank - 1], 1), unit="ms")


def history(samples: Sequence[Sample], end: datetime, windows: Mapping[str, timedelta] = WINDOWS) -> list[JsonObject]:
    """`{window, from, to, probes, uptime, coverage, latency: {n, p50, p95, p99}}` of each window that ends at `end`.

    `probes` counts every probe of the window; `samples` are oldest first and may begin before it.
    """
    return [_window(name, samples, end - lasts, end) for name, lasts in windows.items()]


def _window(name: str, samples: Sequence[Sample], start: datetime, end: datetime) -> JsonObject:
    inside = [sample for sample in samples if start <= sample.at <= end]
    found = spans(samples, start, end)
    answers = [
        sample.latency_ms
        for sample in inside
        if sample.latency_ms is not None and sample.status in UP and not sample.maintenance
    ]
    return {
        "window": name,
        "from": plain(start),
        "to": plain(end),
        "probes": len(inside),
        "uptime": found.uptime(),
        "coverage": found.coverage(),
        "latency": {"n": len(answers), **{f"p{share}": percentile(answers, share) for share in LEAST}},
    }


def _lasting(
    samples: Sequence[Sample], start: datetime, end: datetime, held: timedelta
) -> Iterator[tuple[Sample, timedelta]]:
    """Each sample whose state counts, with how long it held inside the window."""
    closing = Sample(end, Status.UNKNOWN, None)
    for sample, after in pairwise([*samples, closing]):
        if sample.maintenance or sample.status not in JUDGED:
            continue
        begins, ends = max(sample.at, start), min(after.at, sample.at + held, end)
        if ends > begins:
            yield sample, ends - begins
