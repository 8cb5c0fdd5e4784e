"""Signups: who came, of which cohort, from where, and how far they got."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.tools._services import ServedTool

Cut = Literal["role", "cohort", "source", "funnel"]


class SignupAnalyticsArgs(ToolArgs):
    """`by` picks the cuts: cohorts by role (`role` and `cohort` mean the same), sources, the funnel."""

    days: int = Field(default=7, ge=1, le=366)
    by: tuple[Cut, ...] = Field(default=("cohort", "source", "funnel"), min_length=1)


class GetSignupAnalytics(ServedTool[SignupAnalyticsArgs]):
    name = "getSignupAnalytics"
    effect = EffectClass.READ
    summary = "Signups of the last days by cohort and by source, the funnel of those who entered, and the period before."
    Args = SignupAnalyticsArgs


TOOLS = (GetSignupAnalytics,)
