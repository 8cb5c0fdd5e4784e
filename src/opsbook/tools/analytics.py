"""Signups: who came, of which cohort, from where, and how far they got."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.sdk.values import Json, JsonObject, Unknown
from opsbook.tools._services import ServedTool
from opsbook.tools._windows import ending_at
from opsbook.warehouse import signups
from opsbook.warehouse.retention import organization_cohorts

Cut = Literal["role", "cohort", "source", "funnel", "retention"]


class SignupAnalyticsArgs(ToolArgs):
    """`by` picks the cuts: cohorts by role (`role` and `cohort` mean the same), sources, the funnel, retention.

    Retention is which organisations stayed, by the month in which they came.
    """

    days: int = Field(default=7, ge=1, le=366)
    by: tuple[Cut, ...] = Field(default=("cohort", "source", "funnel"), min_length=1)


class GetSignupAnalytics(ServedTool[SignupAnalyticsArgs]):
    name = "getSignupAnalytics"
    effect = EffectClass.READ
    summary = (
        "Signups of the last days by cohort and by source, the funnel of those who entered, and the period before."
    )
    Args = SignupAnalyticsArgs

    async def run(self, args: SignupAnalyticsArgs, context: ToolContext) -> ToolResult:
        """`{total, cohorts?, sources?, funnel?, previous: {total, cohorts?, sources?}}`, every figure a measurement.

        The cohorts customer, dispensary, brand and other sum to `total`; `internal` stands beside them. The funnel has
        no previous one: logins overwrite what a past window would need. `retention` is a list of `{cohort, started,
        kept}` that no window cuts off: how many organisations of each month were there at the end of it and of each
        following one.
        """
        length = timedelta(days=args.days)
        start, end = ending_at(context, length)
        return await asyncio.to_thread(self._found, args, start, end, start - length)

    def _found(self, args: SignupAnalyticsArgs, start: datetime, end: datetime, before: datetime) -> ToolResult:
        warehouse = self.services.warehouse
        value = self._cuts(args, start, end)
        value["previous"] = self._cuts(args, before, start)
        figures: dict[str, Json] = {"total": value["total"]}
        warnings = warehouse.warnings("users", until=end)
        if "source" in args.by:
            warnings += warehouse.warnings("leads", until=end) + signups.source_warnings(warehouse)
        if "funnel" in args.by:
            steps = signups.funnel(warehouse, start, end)
            value["funnel"], figures["conversion_rate"] = steps, steps["conversion_rate"]
        if "retention" in args.by:
            stayed = organization_cohorts(warehouse, end)
            value["retention"] = stayed.as_json() if isinstance(stayed, Unknown) else list(stayed)
            warnings += warehouse.warnings("organizations", until=end)
        return ToolResult(value, end, "warehouse: users, leads, events", (start, end), figures, _once(warnings))

    def _cuts(self, args: SignupAnalyticsArgs, start: datetime, end: datetime) -> JsonObject:
        total, cohorts = signups.signups(self.services.warehouse, start, end)
        value: JsonObject = {"total": total}
        if "role" in args.by or "cohort" in args.by:
            value["cohorts"] = cohorts
        if "source" in args.by:
            value["sources"] = signups.sources(self.services.warehouse, start, end)
        return value


def _once(warnings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(warnings))


TOOLS = (GetSignupAnalytics,)
