"""Recurring revenue: from one snapshot to now, and the organisations behind each movement."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.sdk.values import Json, JsonObject, Unknown, measured
from opsbook.tools._services import ServedTool
from opsbook.tools._windows import Period, ending_at, parse_period
from opsbook.warehouse.figures import figure, ratio
from opsbook.warehouse.revenue import Kind, Movement, Mrr, movements, mrr_now, names, paid_before

if TYPE_CHECKING:
    from opsbook.records.snapshots import MrrSnapshot

NO_REVENUE = "there was no revenue at the start"
COMPARED = ("mrr_start", "growth", "nrr", "logo_churn_rate", "revenue_churn_rate", "churned_mrr")
GAINED = (Kind.NEW, Kind.REACTIVATION, Kind.EXPANSION, Kind.CONTRACTION)
LONG = timedelta(days=28)


class RevenueMetricsArgs(ToolArgs):
    """One of `period` and `days`; neither means 7 days."""

    period: Period | None = None
    days: int | None = Field(default=None, ge=1, le=366)

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if self.period is not None and self.days is not None:
            raise ValueError("give period or days, not both")
        return self

    @property
    def length(self) -> timedelta:
        return parse_period(self.period) if self.period is not None else timedelta(days=self.days or 7)


class GetRevenueMetrics(ServedTool[RevenueMetricsArgs]):
    name = "getRevenueMetrics"
    effect = EffectClass.READ
    summary = "Recurring revenue now and then, its movements with the organisations behind them, growth and churn."
    Args = RevenueMetricsArgs

    async def run(self, args: RevenueMetricsArgs, context: ToolContext) -> ToolResult:
        """Revenue at the end, and what moved it since the snapshot nearest to the start (a day off at most).

        `mrr_start`, `mrr_end`, `growth`, `nrr`, `logo_churn_rate`, `logo_churn_rate_28_days`, `revenue_churn_rate`,
        `churned_mrr`, `new`, `reactivation`, `expansion`, `contraction`, `past_due_mrr`, `arr`, `paying`, `trialing`
        are measurements; `movements` a list `{organization_id, name, kind, before_cents, after_cents}`, or an unknown;
        `baseline_date` the snapshot's local date, or null. Without a snapshot whatever compares is unknown.
        """
        start, end = ending_at(context, args.length)
        return await asyncio.to_thread(self._found, context, start, end)

    def _found(self, context: ToolContext, start: datetime, end: datetime) -> ToolResult:
        now = mrr_now(self.services.warehouse, end)
        today = end.astimezone(context.timezone).date()
        baseline = self._baseline(start.astimezone(context.timezone).date(), today)
        value: JsonObject = {**_present(now), **self._compared(now, baseline, context)}
        long_ago = (end - LONG).astimezone(context.timezone).date()
        value["logo_churn_rate_28_days"] = self._logo_churn(now, self._baseline(long_ago, today))
        warnings = self.services.warehouse.warnings("subscriptions", until=end)
        if not isinstance(baseline, Unknown) and baseline.reconstructed:
            warnings += (f"The snapshot of {baseline.local_date} was reconstructed from contracts.",)
        figures = {name: value[name] for name in ("mrr_start", "mrr_end", "growth", "logo_churn_rate")}
        return ToolResult(value, end, "warehouse: subscriptions; snapshots", (start, end), figures, warnings)

    def _baseline(self, target: date, today: date) -> MrrSnapshot | Unknown:
        found = self.services.snapshots.mrr_near(target)
        if found is None or found.local_date >= today:
            return Unknown(f"no baseline yet: no snapshot of revenue within a day of {target}")
        return found

    def _compared(self, now: Mrr | Unknown, baseline: MrrSnapshot | Unknown, context: ToolContext) -> JsonObject:
        if isinstance(baseline, Unknown):
            return {**_uncompared(baseline), "baseline_date": None}
        start = sum(baseline.mrr.values())
        date_of = baseline.local_date.isoformat()
        if isinstance(now, Unknown):
            return {**_uncompared(now), "mrr_start": figure(start, "cents"), "baseline_date": date_of}
        moved = movements(baseline.mrr, now.cents, self._paid_earlier(baseline, context))
        return {
            **_sums(start, _paying(baseline.mrr), now, moved),
            "movements": self._movements(moved),
            "baseline_date": date_of,
        }

    def _paid_earlier(self, baseline: MrrSnapshot, context: ToolContext) -> frozenset[str]:
        """Who had paid by the baseline: in any snapshot up to it, or in a contract that began before that day."""
        kept = self.services.snapshots.paid_until(baseline.local_date)
        midnight = datetime.combine(baseline.local_date, time(), context.timezone)
        return kept | paid_before(self.services.warehouse, midnight)

    def _movements(self, moved: Sequence[Movement]) -> list[Json]:
        called = names(self.services.warehouse, [one.organization_id for one in moved])
        return [
            {
                "organization_id": one.organization_id,
                "name": called[one.organization_id],
                "kind": one.kind.value,
                "before_cents": one.before_cents,
                "after_cents": one.after_cents,
            }
            for one in moved
        ]

    def _logo_churn(self, now: Mrr | Unknown, baseline: MrrSnapshot | Unknown) -> JsonObject:
        if isinstance(baseline, Unknown):
            return baseline.as_json()
        if isinstance(now, Unknown):
            return now.as_json()
        paying = _paying(baseline.mrr)
        return ratio(len(paying - _paying(now.cents)), len(paying), NO_REVENUE)


def _present(now: Mrr | Unknown) -> JsonObject:
    if isinstance(now, Unknown):
        return dict.fromkeys(("mrr_end", "past_due_mrr", "arr", "paying", "trialing"), now.as_json())
    return {
        "mrr_end": figure(now.total, "cents"),
        "past_due_mrr": figure(now.past_due_cents, "cents"),
        "arr": figure(12 * now.total, "cents"),
        "paying": measured(len(_paying(now.cents))),
        "trialing": measured(now.trialing),
    }


def _uncompared(why: Unknown) -> JsonObject:
    return dict.fromkeys((*COMPARED, *GAINED, "movements"), why.as_json())


def _sums(start: int, paying: set[str], now: Mrr, moved: Sequence[Movement]) -> JsonObject:
    sums = {kind: sum(one.cents for one in moved if one.kind is kind) for kind in Kind}
    kept = start + sums[Kind.EXPANSION] - sums[Kind.CONTRACTION] - sums[Kind.CHURNED]
    return {
        "mrr_start": figure(start, "cents"),
        "growth": ratio(now.total - start, start, NO_REVENUE),
        "nrr": ratio(kept, start, NO_REVENUE),
        "logo_churn_rate": ratio(len(paying - _paying(now.cents)), len(paying), NO_REVENUE),
        "revenue_churn_rate": ratio(sums[Kind.CHURNED], start, NO_REVENUE),
        "churned_mrr": figure(sums[Kind.CHURNED], "cents"),
        **{kind.value: figure(sums[kind], "cents") for kind in GAINED},
    }


def _paying(mrr: Mapping[str, int]) -> set[str]:
    return {key for key, cents in mrr.items() if cents > 0}


TOOLS = (GetRevenueMetrics,)
