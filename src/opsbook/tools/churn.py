"""Churn: organisations at risk, organisations gone silent, and what they used to order."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from difflib import get_close_matches
from typing import Literal

from pydantic import Field

from opsbook.sdk.errors import NotFound
from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.sdk.values import Json, JsonObject, Unknown, measured
from opsbook.tools._services import ServedTool
from opsbook.tools._windows import ending_at
from opsbook.warehouse.figures import figure
from opsbook.warehouse.orders import histories
from opsbook.warehouse.revenue import names
from opsbook.warehouse.risk import AtRisk, organizations_at_risk
from opsbook.warehouse.silence import Silent, none_known, silent_organizations


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

    async def run(self, args: AtRiskArgs, context: ToolContext) -> ToolResult:
        """`{count, denominator, organizations, undetermined, mrr_at_stake_cents}`, or an unknown without organizations.

        An organisation is `{id, name, type, level, signals: [{signal, evidence}], unread, mrr_cents}`, most signals
        first. `denominator` counts all that were looked at, the undetermined among them. Nobody at risk while some
        could not be judged is no 0: the count is unknown then.
        """
        found = await asyncio.to_thread(
            organizations_at_risk,
            self.services.warehouse,
            context.as_of,
            login_days=args.login_days,
            campaign_days=args.campaign_days,
            match_all=args.match == "all",
            limit=args.limit,
        )
        start, end = ending_at(context, timedelta(days=max(args.login_days, args.campaign_days)))
        source = "warehouse: organizations, users, campaigns, tickets, subscriptions"
        if isinstance(found, Unknown):
            return ToolResult(found.as_json(), end, source, (start, end))
        blind = none_known(found.count, found.not_determined, found.unread)
        value: JsonObject = {
            "count": found.figures["at_risk"],
            "denominator": measured(found.looked_at),
            "organizations": list(found.organizations),
            "undetermined": list(found.undetermined),
            "mrr_at_stake_cents": figure(blind or found.at_stake_cents, "cents"),
        }
        figures: dict[str, Json] = {
            "at_risk": value["count"],
            "at_risk_rate": found.figures["at_risk_rate"],
            "undetermined": measured(found.not_determined),
        }
        needs = ("organizations", "users.last_login_at", "campaigns.sent_at", "tickets", "subscriptions")
        warnings = _warnings(found, found.count, args.limit)
        warnings += await asyncio.to_thread(self.services.warehouse.warnings, *needs, until=end)
        return ToolResult(value, end, source, (start, end), figures, warnings)


class FindInactiveOrganizations(ServedTool[InactiveArgs]):
    name = "findInactiveOrganizations"
    effect = EffectClass.READ
    summary = "A list of organisations gone silent: reason, days silent per signal, contacts, order summary."
    Args = InactiveArgs

    async def run(self, args: InactiveArgs, context: ToolContext) -> ToolResult:
        """A list of `{organization_id, name, type, state, reason, days_silent, contacts, orders, mrr_cents, alive,
        win_back_cents}`.

        Those first who are most worth winning back: `alive` is the probability that orders still come in there, with
        the `n` that it rests on, and `win_back_cents` the revenue times it; either is unknown where it cannot be told,
        and leaves nobody out. `reason` is never_started, no_login, no_orders or no_campaigns; `days_silent` has
        login, orders and campaigns in whole days, null for what never was. The value is an unknown, and no empty list,
        when nobody is known to be inactive and some could not be judged. Figures: `inactive`, `eligible`,
        `inactive_rate` (inactive / eligible) and `undetermined`.
        """
        start, end = ending_at(context, timedelta(days=args.days))
        found = await asyncio.to_thread(
            silent_organizations,
            self.services.warehouse,
            end,
            args.days,
            match_all=args.match == "all",
            limit=args.limit,
        )
        source = "warehouse: organizations, users, orders, campaigns"
        if isinstance(found, Unknown):
            names_of = ("inactive", "eligible", "inactive_rate", "undetermined")
            return ToolResult(found.as_json(), end, source, (start, end), dict.fromkeys(names_of, found.as_json()))
        blind = none_known(found.inactive, found.not_determined, found.unread)
        figures: dict[str, Json] = {
            **found.figures,
            "eligible": measured(found.eligible),
            "undetermined": measured(found.not_determined),
        }
        value: Json = blind.as_json() if blind else list(found.organizations)
        needs = ("organizations", "users.last_login_at", "orders", "campaigns.sent_at")
        warnings = found.warnings + _warnings(found, found.inactive, args.limit)
        warnings += await asyncio.to_thread(self.services.warehouse.warnings, *needs, until=end)
        return ToolResult(value, end, source, (start, end), figures, warnings)


class GetOrderHistorySummary(ServedTool[OrderHistoryArgs]):
    name = "getOrderHistorySummary"
    effect = EffectClass.READ
    summary = "What organisations used to order: their first and last order, sums, and what was ordered most."
    Args = OrderHistoryArgs

    async def run(self, args: OrderHistoryArgs, context: ToolContext) -> ToolResult:
        """A list in the order asked for: `{organization_id, name, count, consumers, first_order_at, last_order_at,
        total_cents, average_cents, top_products}`; an unknown when orders were never loaded.

        Raises `NotFound` with the nearest id for an organisation that is not there.
        """
        return await asyncio.to_thread(self._found, tuple(dict.fromkeys(args.organizations)), context)

    def _found(self, ids: tuple[str, ...], context: ToolContext) -> ToolResult:
        warehouse = self.services.warehouse
        found = histories(warehouse, ids, context.as_of)
        if isinstance(found, Unknown):
            return ToolResult(found.as_json(), context.as_of, "warehouse: orders")
        called: dict[str, str] = {}
        if warehouse.lacks("organizations") is None:
            called = names(warehouse, ids)
            self._check_known(ids)
        value: list[Json] = [{"organization_id": key, "name": called.get(key), **found[key]} for key in ids]
        warnings = warehouse.warnings("orders", until=context.as_of)
        figures = {"organizations": measured(len(ids))}
        return ToolResult(value, context.as_of, "warehouse: orders", None, figures, warnings)

    def _check_known(self, ids: tuple[str, ...]) -> None:
        known = {row["id"] for row in self.services.warehouse.rows("names", organizations=list(ids))}
        for key in ids:
            if key not in known:
                every = [row["id"] for row in self.services.warehouse.rows("organization_ids")]
                near = get_close_matches(key, every, n=1, cutoff=0.6)
                cure = f"Did you mean {near[0]}?" if near else ""
                raise NotFound(f"There is no organisation {key}.", cure=cure, code="no_organization")


def _warnings(found: AtRisk | Silent, count: int, limit: int) -> tuple[str, ...]:
    warnings = [f"Not looked at: {why.reason}." for why in found.unread.values()]
    if found.not_determined:
        warnings.append(f"Could not be judged: {found.not_determined}.")
    if count > limit:
        warnings.append(f"Cut off: {limit} of {count} are listed.")
    return tuple(warnings)


TOOLS = (
    GetAtRiskOrganizations,
    FindInactiveOrganizations,
    GetOrderHistorySummary,
)
