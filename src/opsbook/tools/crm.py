"""The platform's figures of the day: signups, recurring revenue, active users, errors, quotas, trends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.sdk.values import Json, JsonObject, Unknown, measured, unknown_in
from opsbook.tools._services import ServedTool
from opsbook.tools._windows import Period, ending_at, parse_period, since_last_working_day
from opsbook.warehouse.activity import active_users, gmv
from opsbook.warehouse.changes import baseline_near
from opsbook.warehouse.daily import DAY, daily_metrics, daily_terms
from opsbook.warehouse.figures import against, figure
from opsbook.warehouse.health import errors, quotas
from opsbook.warehouse.revenue import mrr_figure
from opsbook.warehouse.signups import signups

Metric = Literal["signups", "revenue", "active_users", "errors"]
ALL_METRICS: tuple[Metric, ...] = ("signups", "revenue", "active_users", "errors")
RISING: Mapping[str, tuple[str, ...]] = {  # the metrics that are to rise, by what brings them
    "signups": ("signups",),
    "revenue": ("revenue", "gmv"),
    "active_users": ("active_users",),
}
NEEDS: Mapping[str, tuple[str, ...]] = {
    "signups": ("users",),
    "revenue": ("subscriptions", "orders"),
    "active_users": ("users.last_login_at",),
    "errors": ("errors", "requests"),
}
DAYS_FOR_A_TREND = 3  # of the previous 7; with fewer snapshots a mean says nothing


class CrmStatsArgs(ToolArgs):
    """`revenue` brings `gmv` with it. `since_last_run` widens the window on a Monday to Friday's same local time."""

    period: Period = "last_24_hours"
    include_metrics: tuple[Metric, ...] = Field(default=ALL_METRICS, min_length=1)
    since_last_run: bool = False


class CrmGetStats(ServedTool[CrmStatsArgs]):
    name = "crmGetStats"
    effect = EffectClass.READ
    summary = "Signups, recurring revenue, active users and errors of a period, against the one before; quotas; trends."
    Args = CrmStatsArgs

    async def run(self, args: CrmStatsArgs, context: ToolContext) -> ToolResult:
        """`{period, metrics, trends, quotas}`.

        `metrics`: each `{value, status, previous, change}`; `revenue` is the recurring revenue at the end and compares
        with the snapshot at the start; `errors` is an object of measurements. `trends`: whether a metric's last 24
        hours are at least the mean of its snapshots of the previous 7 days, with that `mean`. `quotas`: a list, or an
        unknown.
        """
        length = parse_period(args.period)
        if args.since_last_run:
            length = max(length, since_last_working_day(context))
        return await asyncio.to_thread(self._found, args, context, length)

    def _found(self, args: CrmStatsArgs, context: ToolContext, length: timedelta) -> ToolResult:
        start, end = ending_at(context, length)
        today = end.astimezone(context.timezone).date()
        warehouse = self.services.warehouse
        metrics: dict[str, Json] = {}
        if "signups" in args.include_metrics:
            now, before = (signups(warehouse, at, at + length)[0] for at in (start, start - length))
            metrics["signups"] = against(now, before)
        if "revenue" in args.include_metrics:
            metrics["revenue"] = against(mrr_figure(warehouse, end), self._mrr_before(start, end, context))
            metrics["gmv"] = against(gmv(warehouse, start, end), gmv(warehouse, start - length, start))
        if "active_users" in args.include_metrics:
            metrics["active_users"] = against(active_users(warehouse, start, end), self._active_before(length, today))
        if "errors" in args.include_metrics:
            metrics["errors"] = self._errors(start, end, length)
        used = quotas(warehouse, end)
        value: JsonObject = {
            "period": args.period,
            "metrics": metrics,
            "trends": self._trends(args, end, today),
            "quotas": used.as_json() if isinstance(used, Unknown) else used,
        }
        needs = [need for metric in args.include_metrics for need in NEEDS[metric]]
        warnings = warehouse.warnings(*needs, until=end)
        return ToolResult(value, end, "warehouse, daily snapshots", (start, end), _figures(metrics), warnings)

    def _errors(self, start: datetime, end: datetime, length: timedelta) -> JsonObject:
        now = errors(self.services.warehouse, start, end)
        before = errors(self.services.warehouse, start - length, start)
        return {name: against(one, before[name]) for name, one in now.items()}

    def _mrr_before(self, start: datetime, end: datetime, context: ToolContext) -> JsonObject:
        before = baseline_near(self.services.warehouse, self.services.snapshots, start, end, context.timezone)
        if isinstance(before, Unknown):
            return before.as_json()
        return {**figure(sum(before.mrr.values()), "cents"), "on": before.local_date.isoformat()}

    def _active_before(self, length: timedelta, today: date) -> JsonObject:
        """The count of the day before, which only its snapshot knows."""
        if length != DAY:
            return Unknown("active users of the past are kept by day only").as_json()
        found = self.services.snapshots.metric_days(today, 1, terms=self._terms()).get("active_users")
        return measured(_whole(found[0][1])) if found else Unknown("no snapshot of the day before").as_json()

    def _terms(self) -> dict[str, str]:
        return daily_terms(self.services.warehouse)

    def _trends(self, args: CrmStatsArgs, end: datetime, today: date) -> dict[str, Json]:
        wanted = [name for metric in args.include_metrics for name in RISING.get(metric, ())]
        if not wanted:
            return {}
        now = daily_metrics(self.services.warehouse, end)
        kept = self.services.snapshots.metric_days(today, terms=self._terms())
        return {name: _trend(name, now[name], [value for _, value in kept.get(name, [])]) for name in wanted}


def _trend(metric: str, now: JsonObject, days: list[float]) -> JsonObject:
    if unknown := unknown_in({name: now.get(name) for name in ("value", "status", "reason")}):
        return unknown.as_json()
    if len(days) < DAYS_FOR_A_TREND:
        return Unknown(f"fewer than {DAYS_FOR_A_TREND} daily snapshots of {metric.replace('_', ' ')}").as_json()
    mean = sum(days) / len(days)
    value: Any = now["value"]
    return measured(value >= mean, mean=_whole(round(mean, 2)), now=value, days=len(days))


def _whole(value: float) -> int | float:
    return int(value) if value == int(value) else value


def _figures(metrics: Mapping[str, Any]) -> dict[str, Json]:
    """The measurements by name, those of errors as `errors` and `error_rate`."""
    found: dict[str, Json] = {name: one for name, one in metrics.items() if name != "errors"}
    if seen := metrics.get("errors"):
        found.update(errors=seen["count"], critical_errors=seen["critical"], error_rate=seen["rate"])
    return found


TOOLS = (CrmGetStats,)
