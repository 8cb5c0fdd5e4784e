"""Figures that cannot be rebuilt later, one set for each local date. The first to be taken stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select

from opsbook.records.rows import Row, fetch, fetch_one, insert_absent, keep_lowest
from opsbook.records.store import Store
from opsbook.records.tables.figures import metric_snapshots, mrr_days, mrr_payers, mrr_snapshots
from opsbook.records.tables.runs import runs


@dataclass(frozen=True)
class DayTaken:
    """What is stored of one local date. Without revenue the first four are None: it was not taken, and is not 0."""

    local_date: date
    mrr_cents: int | None
    organizations: int | None
    reconstructed: bool | None
    taken_at: datetime | None
    metrics_known: int
    metrics_unknown: int


@dataclass(frozen=True)
class MrrSnapshot:
    """Monthly recurring revenue in cents by organisation, as it was on one local date.

    An organisation that is not in `mrr` paid nothing. `reconstructed` marks one that was back-filled from history.
    `terms` is the digest of the words that it was counted by, None where that was not kept.
    """

    local_date: date
    mrr: Mapping[str, int]
    taken_at: datetime
    reconstructed: bool
    terms: str | None = None


class Snapshots:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def take_mrr(
        self,
        local_date: date,
        mrr: Mapping[str, int],
        *,
        taken_at: datetime,
        run_id: str | None = None,
        reconstructed: bool = False,
        terms: str | None = None,
        anew: bool = False,
    ) -> bool:
        """Store a date's revenue unless that date has one; True when it was stored. Safe to repeat.

        `anew` puts it in the place of one that was counted by other words (`terms`), and of no other.
        """
        day = local_date.isoformat()
        head = {
            "local_date": day,
            "taken_at": taken_at,
            "run_id": run_id,
            "reconstructed": reconstructed,
            "terms": terms,
        }
        rows = [{"local_date": day, "organization_id": org, "mrr_cents": cents} for org, cents in mrr.items()]

        def write(connection: Connection) -> bool:
            if anew:
                _forget(connection, day, terms)
            if not insert_absent(connection, mrr_days, head):
                return False
            if rows:
                connection.execute(insert(mrr_snapshots), rows)
                keep_lowest(connection, mrr_payers, "first_paid_on", _payers(day))
            return True

        return await self.store.shared(write)

    async def take_metrics(
        self,
        local_date: date,
        metrics: Mapping[str, Mapping[str, Any]],
        *,
        taken_at: datetime,
        run_id: str | None = None,
        reconstructed: bool = False,
        terms: Mapping[str, str] | None = None,
    ) -> int:
        """Store the measurements (`{value, status, reason?}`) that this date has not; how many. Safe to repeat.

        `terms` has the digest of the words that each was counted by.

        A metric that is unknown is stored as unknown: a day without a figure is not a day with 0.
        """
        shared = {
            "local_date": local_date.isoformat(),
            "taken_at": taken_at,
            "run_id": run_id,
            "reconstructed": reconstructed,
        }
        rows = [
            {
                **shared,
                "metric": name,
                "value": figure.get("value"),
                "status": figure["status"],
                "reason": figure.get("reason"),
                "terms": (terms or {}).get(name),
            }
            for name, figure in metrics.items()
        ]
        return await self.store.shared(
            lambda connection: sum(insert_absent(connection, metric_snapshots, r) for r in rows)
        )

    def has_day(self, local_date: date, terms: str | None = None) -> bool:
        """Whether this date's revenue was taken; with `terms`, whether by those words (or unkept ones)."""
        query = select(mrr_days.c.local_date).where(mrr_days.c.local_date == local_date.isoformat())
        if terms is not None:
            query = query.where(func.coalesce(mrr_days.c.terms, terms) == terms)
        with self.store.reading() as connection:
            return fetch_one(connection, query) is not None

    def days(self, first: date, last: date) -> list[DayTaken]:
        """What is stored of each date from `first` to `last`, both included; the earliest first."""
        between = (first.isoformat(), last.isoformat())
        paid = func.count(mrr_snapshots.c.organization_id).filter(mrr_snapshots.c.mrr_cents > 0)
        revenue = (
            select(mrr_days, func.coalesce(func.sum(mrr_snapshots.c.mrr_cents), 0).label("cents"), paid.label("paid"))
            .outerjoin(mrr_snapshots, mrr_snapshots.c.local_date == mrr_days.c.local_date)
            .where(mrr_days.c.local_date.between(*between))
            .group_by(*mrr_days.c)
        )
        known = func.count().filter(metric_snapshots.c.status == "ok")
        figures = (
            select(metric_snapshots.c.local_date, known.label("known"), func.count().label("all"))
            .where(metric_snapshots.c.local_date.between(*between))
            .group_by(metric_snapshots.c.local_date)
        )
        with self.store.reading() as connection:
            taken = {row["local_date"]: row for row in fetch(connection, revenue)}
            metrics = {row["local_date"]: row for row in fetch(connection, figures)}
        return [_day(day, taken.get(day), metrics.get(day)) for day in sorted(taken.keys() | metrics.keys())]

    def mrr_near(self, target: date, within_days: int = 1) -> MrrSnapshot | None:
        """The snapshot nearest to a date, at most `within_days` away; of two as near, the earlier one."""
        days = [target + timedelta(days=away) for away in range(-within_days, within_days + 1)]
        query = select(mrr_days).where(mrr_days.c.local_date.in_([day.isoformat() for day in days]))
        with self.store.reading() as connection:
            found = {date.fromisoformat(row["local_date"]): row for row in fetch(connection, query)}
            if not found:
                return None
            nearest = min(found, key=lambda day: (abs((day - target).days), day))
            amounts = select(mrr_snapshots.c.organization_id, mrr_snapshots.c.mrr_cents).where(
                mrr_snapshots.c.local_date == nearest.isoformat()
            )
            mrr: dict[str, int] = dict(connection.execute(amounts).all())
        head = found[nearest]
        return MrrSnapshot(nearest, mrr, head["taken_at"], head["reconstructed"], head["terms"])

    def paid_until(self, local_date: date) -> frozenset[str]:
        """Organisations with revenue in any snapshot up to and including a date: they can only come *back*."""
        query = select(mrr_payers.c.organization_id).where(mrr_payers.c.first_paid_on <= local_date.isoformat())
        with self.store.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def metric_on(self, local_date: date, metric: str) -> dict[str, Any] | None:
        """What was stored of a metric on a date: `{local_date, value, status, reason, taken_at, run_id,
        reconstructed}`; None when nothing was. `as_of` is the end of what it covers: its run's scheduled time.
        """
        query = (
            select(metric_snapshots, runs.c.as_of)
            .outerjoin(runs, runs.c.id == metric_snapshots.c.run_id)
            .where(metric_snapshots.c.local_date == local_date.isoformat(), metric_snapshots.c.metric == metric)
        )
        with self.store.reading() as connection:
            found = fetch_one(connection, query)
        if found is None:
            return None
        times = {name: found[name].isoformat() if found[name] else None for name in ("taken_at", "as_of")}
        return {**found, **times}

    def metric_days(
        self, before: date, days: int = 7, *, terms: Mapping[str, str] | None = None
    ) -> dict[str, list[tuple[date, float]]]:
        """The known values of each metric on the `days` dates before a date, newest first.

        `terms` leaves out what was counted by other words than these.
        """
        query = (
            select(metric_snapshots)
            .where(
                metric_snapshots.c.local_date < before.isoformat(),
                metric_snapshots.c.local_date >= (before - timedelta(days=days)).isoformat(),
                metric_snapshots.c.status == "ok",
            )
            .order_by(metric_snapshots.c.metric, metric_snapshots.c.local_date.desc())
        )
        found: dict[str, list[tuple[date, float]]] = {}
        with self.store.reading() as connection:
            for row in fetch(connection, query):
                if terms and row["terms"] not in (None, terms.get(row["metric"])):
                    continue
                found.setdefault(row["metric"], []).append((date.fromisoformat(row["local_date"]), row["value"]))
        return found


def _day(day: str, revenue: Row | None, metrics: Row | None) -> DayTaken:
    known, every = (metrics["known"], metrics["all"]) if metrics else (0, 0)
    of: Row = revenue or {}
    return DayTaken(
        date.fromisoformat(day),
        of.get("cents"),
        of.get("paid"),
        of.get("reconstructed"),
        of.get("taken_at"),
        known,
        every - known,
    )


def _forget(connection: Connection, day: str, terms: str | None) -> None:
    """Take out a day's revenue that was counted by other words."""
    other = mrr_days.c.terms.is_not(None) & (mrr_days.c.terms != terms)
    if connection.execute(delete(mrr_days).where(mrr_days.c.local_date == day, other)).rowcount:
        connection.execute(delete(mrr_snapshots).where(mrr_snapshots.c.local_date == day))


def _payers(day: str) -> Select[Any]:
    """Who paid on a day, always in the same order: two writers of different days do not wait for each other."""
    return (
        select(mrr_snapshots.c.organization_id, mrr_snapshots.c.local_date.label("first_paid_on"))
        .where(mrr_snapshots.c.local_date == day, mrr_snapshots.c.mrr_cents > 0)
        .order_by(mrr_snapshots.c.organization_id)
    )
