"""Takes the figures that cannot be rebuilt later: once for each local date, by the first run of that date."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from opsbook.sdk.clock import Clock
from opsbook.sdk.errors import OpsbookError
from opsbook.sdk.values import Unknown
from opsbook.warehouse.daily import daily_metrics, daily_terms
from opsbook.warehouse.revenue import mrr_now, paid_before, reconstruct_mrr

if TYPE_CHECKING:
    from opsbook.records.snapshots import Snapshots
    from opsbook.warehouse import Warehouse


TRY_AGAIN = timedelta(minutes=10)  # after a look that found no revenue to take


@dataclass(frozen=True)
class Rebuilt:
    """Dates whose revenue was rebuilt and stored, those that had one already, and why others could not be."""

    stored: tuple[date, ...]
    kept: tuple[date, ...]
    failed: Mapping[date, str]


class Snapshotter:
    """Called before a run's first segment. What is unknown is not taken as 0: revenue is then not taken at all.

    A day that this process has looked at is not looked at again: not at all when it is complete, else not before
    `TRY_AGAIN` has passed.
    """

    def __init__(self, warehouse: Warehouse, snapshots: Snapshots, clock: Clock) -> None:
        self.warehouse = warehouse
        self.snapshots = snapshots
        self.clock = clock
        self._looked: dict[date, datetime] = {}  # the day, and when it may be looked at again

    async def before(self, run: Mapping[str, Any]) -> None:
        """Take the snapshots of the run's local date unless they were taken. Safe to repeat.

        A run of another date than today (a retry, a dry run of the past) takes none: the revenue of now would get a
        date that it was not of. `run` has `as_of` (aware), `timezone` and `id`.
        """
        zone = ZoneInfo(str(run["timezone"]))
        as_of: datetime = run["as_of"]
        now = self.clock.now()
        day = as_of.astimezone(zone).date()
        if day != now.astimezone(zone).date() or now < self._looked.get(day, now):
            return
        if await asyncio.to_thread(self.snapshots.has_day, day):
            self._looked = {day: now + timedelta(days=2)}
            return
        try:
            found = await asyncio.to_thread(mrr_now, self.warehouse, as_of)
            metrics = await asyncio.to_thread(daily_metrics, self.warehouse, as_of)
        except OpsbookError:
            return  # a broken warehouse fails the tools that ask it, not a run that never would; the next run tries
        # The metrics first: `has_day` asks for the revenue, so a crash between the two leaves the day to be finished.
        terms = daily_terms(self.warehouse)
        await self.snapshots.take_metrics(day, metrics, taken_at=now, run_id=run["id"], terms=terms)
        if not isinstance(found, Unknown):
            revenue = terms["revenue"]
            await self.snapshots.take_mrr(day, found.cents, taken_at=now, run_id=run["id"], terms=revenue)
        self._looked = {day: now + TRY_AGAIN}

    async def reconstruct(self, days: int, zone: ZoneInfo) -> int | Unknown:
        """Back-fill the revenue of the `days` local dates before today from contracts; how many dates were stored.

        The snapshots are marked as reconstructed; a date that has one keeps it. The first reason when a date could not
        be rebuilt.
        """
        today = self.clock.now().astimezone(zone).date()
        found = await self.fill(today - timedelta(days=days), today - timedelta(days=1), zone)
        return Unknown(next(iter(found.failed.values()))) if found.failed else len(found.stored)

    async def fill(self, first: date, last: date, zone: ZoneInfo, *, anew: bool = False) -> Rebuilt:
        """Rebuild the revenue of the local dates from `first` to `last` that have none. Safe to repeat.

        `anew` rebuilds as well what was counted by other words than the definitions have now, and puts it in its place.

        Today is not rebuilt: a run that comes later measures it. Nor is a date from before any contract began, of
        which nothing is known: it is not a date on which nobody paid.
        """
        now = self.clock.now()
        today, terms = now.astimezone(zone).date(), self.warehouse.terms_of("mrr")
        stored: list[date] = []
        kept: list[date] = []
        failed: dict[date, str] = {}
        for day in (first + timedelta(days=ahead) for ahead in range((last - first).days + 1)):
            if await asyncio.to_thread(self.snapshots.has_day, day, terms if anew else None):
                kept.append(day)
                continue
            found: dict[str, int] | Unknown = Unknown("it is not over yet")
            if day < today:
                found = await asyncio.to_thread(self._rebuilt, day, zone)
            if isinstance(found, Unknown):
                failed[day] = found.reason
            elif await self.snapshots.take_mrr(day, found, taken_at=now, reconstructed=True, terms=terms, anew=anew):
                stored.append(day)
            else:
                kept.append(day)
        return Rebuilt(tuple(stored), tuple(kept), failed)

    def _rebuilt(self, day: date, zone: ZoneInfo) -> dict[str, int] | Unknown:
        found = reconstruct_mrr(self.warehouse, day, zone)
        if not found and not paid_before(self.warehouse, datetime.combine(day, time(), zone)):
            return Unknown("no paid contract is known from before it")
        return found
