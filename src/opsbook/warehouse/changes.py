"""Recurring revenue against an earlier moment: the figures that compare the two, each judged by its contract."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from opsbook.sdk.values import JsonObject, Unknown
from opsbook.warehouse.figures import Seen, measure
from opsbook.warehouse.revenue import Kind, Movement, Mrr, movements, paid_before
from opsbook.warehouse.store import Warehouse

if TYPE_CHECKING:
    from opsbook.records.snapshots import Snapshots

NO_REVENUE = "there was no revenue at the start"
OF_KIND = {kind: f"{kind.value}_mrr" for kind in Kind}  # the metric that sums up the movements of a kind
COMPARED = (
    "mrr_start",
    *OF_KIND.values(),
    "mrr_growth",
    "nrr",
    "churn_rate",
    "churn_rate_28_days",
    "revenue_churn_rate",
)


@dataclass(frozen=True)
class Baseline:
    """What every organisation paid at an earlier moment, and who had ever paid by then.

    It is a snapshot of that local date, or was `reconstructed` from contracts afterwards.
    """

    local_date: date
    mrr: Mapping[str, int]
    find_paid_earlier: Callable[[], Collection[str]]
    taken_at: datetime
    reconstructed: bool

    _moved: list[tuple[Mrr, list[Movement]]] = field(default_factory=list, repr=False, compare=False)

    @cached_property
    def paid_earlier(self) -> Collection[str]:
        return self.find_paid_earlier()

    @cached_property
    def paying(self) -> frozenset[str]:
        return paying(self.mrr)

    def moved(self, now: Mrr) -> list[Movement]:
        """Who moved until `now`, the largest movement first; looked for once, however many figures are made of it."""
        for earlier, found in self._moved:
            if earlier is now:
                return found
        found = movements(self.mrr, now.cents, self.paid_earlier)
        self._moved.append((now, found))
        return found


def baseline_near(
    warehouse: Warehouse, snapshots: Snapshots, start: datetime, end: datetime, zone: ZoneInfo
) -> Baseline | Unknown:
    """The snapshot nearest to the start's local date, a day off at most; that of the end's date is none.

    Nor is one that was counted by other words than the definitions have now.
    """
    target = start.astimezone(zone).date()
    found = snapshots.mrr_near(target)
    if found is None or found.local_date >= end.astimezone(zone).date():
        return Unknown(f"no baseline yet: no snapshot of revenue within a day of {target}")
    if found.terms not in (None, warehouse.terms_of("mrr")):
        return _other_words(found.local_date)
    midnight = datetime.combine(found.local_date, time(), zone)

    def paid_earlier() -> frozenset[str]:
        return snapshots.paid_until(found.local_date) | paid_before(warehouse, midnight)

    return Baseline(found.local_date, found.mrr, paid_earlier, found.taken_at, found.reconstructed)


def _other_words(local_date: date) -> Unknown:
    """Why a snapshot that was counted by other words is no baseline."""
    return Unknown(
        f"the snapshot of {local_date} was counted by other definitions, and is compared with nothing;"
        f" `opsbook snapshots backfill --anew` rebuilds it"
    )


def paying(mrr: Mapping[str, int]) -> frozenset[str]:
    return frozenset(key for key, cents in mrr.items() if cents > 0)


def moved(now: Mrr | Unknown, baseline: Baseline | Unknown) -> list[Movement] | Unknown:
    """Who moved since the baseline, the largest movement first."""
    if isinstance(baseline, Unknown):
        return baseline
    return now if isinstance(now, Unknown) else baseline.moved(now)


def compared(
    warehouse: Warehouse, metric: str, start: datetime, end: datetime, now: Mrr | Unknown, baseline: Baseline | Unknown
) -> JsonObject:
    """One of the `COMPARED` metrics over `[start, end)`; unknown without a baseline."""
    return measure(warehouse, metric, start, end, _seen(metric, now, baseline))


def _seen(metric: str, now: Mrr | Unknown, baseline: Baseline | Unknown) -> Seen | Unknown:
    if isinstance(baseline, Unknown):
        return baseline
    before, payers = sum(baseline.mrr.values()), len(baseline.paying)
    if metric == "mrr_start":
        return Seen(before, payers)
    if isinstance(now, Unknown):
        return now
    if metric == "churn_rate_28_days" and payers:  # who has left needs no knowledge of who has come back
        return Seen(round(len(baseline.paying - paying(now.cents)) / payers, 6), payers)
    found = baseline.moved(now)
    for kind, name in OF_KIND.items():
        if metric == name:
            mine = [one.cents for one in found if one.kind is kind]
            return Seen(sum(mine), len(mine))
    if not payers:
        return Seen(None, 0, why=NO_REVENUE)
    lost = [one.cents for one in found if one.kind is Kind.CHURNED]
    kept = before + sum(
        one.after_cents - one.before_cents for one in found if one.kind not in (Kind.NEW, Kind.REACTIVATION)
    )
    parts = {
        "mrr_growth": (now.total - before, before),
        "nrr": (kept, before),
        "churn_rate": (len(lost), payers),
        "churn_rate_28_days": (len(lost), payers),
        "revenue_churn_rate": (sum(lost), before),
    }
    part, whole = parts[metric]
    return Seen(round(part / whole, 6), payers)
