"""Recurring revenue: from one snapshot to now, and the organisations behind each movement."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.sdk.values import Json, JsonObject, Unknown, measured
from opsbook.tools._services import ServedTool
from opsbook.tools._windows import Period, ending_at, parse_period
from opsbook.warehouse.changes import baseline_near, compared, moved, paying
from opsbook.warehouse.figures import figure
from opsbook.warehouse.revenue import Movement, Mrr, mrr_figure, mrr_now, names, past_due_figure

COMPARED = {  # what stands in the answer, and the metric that it is
    "mrr_start": "mrr_start",
    "growth": "mrr_growth",
    "nrr": "nrr",
    "logo_churn_rate": "churn_rate",
    "revenue_churn_rate": "revenue_churn_rate",
    "churned_mrr": "churned_mrr",
    "new": "new_mrr",
    "reactivation": "reactivation_mrr",
    "expansion": "expansion_mrr",
    "contraction": "contraction_mrr",
}
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
        warehouse, snapshots = self.services.warehouse, self.services.snapshots
        now = mrr_now(warehouse, end)
        baseline = baseline_near(warehouse, snapshots, start, end, context.timezone)
        long_ago = baseline_near(warehouse, snapshots, end - LONG, end, context.timezone)
        found = moved(now, baseline)
        value: JsonObject = {
            **_present(now),
            "mrr_end": mrr_figure(warehouse, end, now),
            "past_due_mrr": past_due_figure(warehouse, end, now),
            **{name: compared(warehouse, metric, start, end, now, baseline) for name, metric in COMPARED.items()},
            "logo_churn_rate_28_days": compared(warehouse, "churn_rate_28_days", end - LONG, end, now, long_ago),
            "movements": found.as_json() if isinstance(found, Unknown) else self._movements(found),
            "baseline_date": None if isinstance(baseline, Unknown) else baseline.local_date.isoformat(),
        }
        warnings = warehouse.warnings("subscriptions", until=end)
        if not isinstance(baseline, Unknown) and baseline.reconstructed:
            warnings += (f"The snapshot of {baseline.local_date} was reconstructed from contracts.",)
        figures = {name: value[name] for name in ("mrr_start", "mrr_end", "growth", "logo_churn_rate")}
        return ToolResult(value, end, "warehouse: subscriptions; snapshots", (start, end), figures, warnings)

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


def _present(now: Mrr | Unknown) -> JsonObject:
    if isinstance(now, Unknown):
        return dict.fromkeys(("arr", "paying", "trialing"), now.as_json())
    return {
        "arr": figure(12 * now.total, "cents"),
        "paying": measured(len(paying(now.cents))),
        "trialing": measured(now.trialing),
    }


TOOLS = (GetRevenueMetrics,)
