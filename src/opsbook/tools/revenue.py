"""Recurring revenue: from one snapshot to now, and the organisations behind each movement."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.tools._services import ServedTool
from opsbook.tools._windows import Period


class RevenueMetricsArgs(ToolArgs):
    """One of `period` and `days`; neither means 7 days."""

    period: Period | None = None
    days: int | None = Field(default=None, ge=1, le=366)

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if self.period is not None and self.days is not None:
            raise ValueError("give period or days, not both")
        return self


class GetRevenueMetrics(ServedTool[RevenueMetricsArgs]):
    name = "getRevenueMetrics"
    effect = EffectClass.READ
    summary = "Recurring revenue now and then, its movements with the organisations behind them, growth and churn."
    Args = RevenueMetricsArgs


TOOLS = (GetRevenueMetrics,)
