"""Churn: organisations at risk, organisations gone silent, and what they used to order."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.tools._services import ServedTool


class AtRiskArgs(ToolArgs):
    """Signals: no login for `login_days`, no campaign for `campaign_days`, a ticket unresolved."""

    login_days: int = Field(default=14, ge=1, le=366)
    campaign_days: int = Field(default=30, ge=1, le=366)
    match: Literal["any", "all"] = "any"
    limit: int = Field(default=200, ge=1, le=5000)


class InactiveArgs(ToolArgs):
    """Silent for `days`: no login, no order, no campaign; all three of them or any."""

    days: int = Field(default=7, ge=1, le=366)
    match: Literal["any", "all"] = "all"
    limit: int = Field(default=500, ge=1, le=5000)


class OrderHistoryArgs(ToolArgs):
    """`organizations` are ids."""

    organizations: tuple[str, ...] = Field(min_length=1, max_length=1000)


class GetAtRiskOrganizations(ServedTool[AtRiskArgs]):
    name = "getAtRiskOrganizations"
    effect = EffectClass.READ
    summary = "Organisations that may leave, with their signals, the evidence for each and the revenue at stake."
    Args = AtRiskArgs


class FindInactiveOrganizations(ServedTool[InactiveArgs]):
    name = "findInactiveOrganizations"
    effect = EffectClass.READ
    summary = "A list of organisations gone silent: reason, days silent per signal, contacts, order summary."
    Args = InactiveArgs


class GetOrderHistorySummary(ServedTool[OrderHistoryArgs]):
    name = "getOrderHistorySummary"
    effect = EffectClass.READ
    summary = "What organisations used to order: their first and last order, sums, and what was ordered most."
    Args = OrderHistoryArgs


TOOLS = (GetAtRiskOrganizations, FindInactiveOrganizations, GetOrderHistorySummary,)
