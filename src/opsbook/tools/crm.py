"""The platform's figures of the day: signups, recurring revenue, active users, errors, quotas, trends."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.tools._services import ServedTool
from opsbook.tools._windows import Period

Metric = Literal["signups", "revenue", "active_users", "errors"]
ALL_METRICS: tuple[Metric, ...] = ("signups", "revenue", "active_users", "errors")


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


TOOLS = (CrmGetStats,)
