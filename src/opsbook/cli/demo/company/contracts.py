"""The contracts: a year of prices, and what they come to a month.

A review compares now with the local date a week ago (and four weeks ago, and yesterday). A date has 24 hours and its
snapshot is taken at some hour of it, so nothing changes price on those dates: what is planted is true at every hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from opsbook.cli.demo.company.plot import Draft, Movement, Organization, Plot

PLANS = {"starter": 9_900, "growth": 24_900, "pro": 49_900, "scale": 99_900}
WEIGHTS = (35, 35, 22, 8)
NAMES = tuple(PLANS)
ADD_ON = ("sms_pack", 4_900)
ANNUAL_DISCOUNT = 0.85  # of the monthly price, to the dollar


@dataclass
class Ledger:
    """What each organisation pays a month, at two moments."""

    movements: list[Movement] = field(default_factory=list)
    past_due_cents: int = 0
    trialing: int = 0


def write_contracts(draft: Draft, founded: list[Organization]) -> Ledger:
    ledger = Ledger()
    for one in founded:
        _PLOTS.get(one.plot, _steady)(draft, one)
        if one.plot is Plot.TEST:
            continue
        before, after = one.mrr_week_ago_cents, one.mrr_cents
        kind = _kind_of(one, before, after)
        if kind:
            ledger.movements.append(Movement(kind, one.id, one.name, before, after))
        if one.plot is Plot.PAST_DUE:
            ledger.past_due_cents += after
        ledger.trialing += _on_trial(one)
    return ledger


def _kind_of(one: Organization, before: int, after: int) -> str:
    if before == after:
        return ""
    if not before:
        return "reactivation" if one.plot is Plot.RETURNED else "new"
    if not after:
        return "churned"
    return "expansion" if after > before else "contraction"


def _on_trial(one: Organization) -> bool:
    return one.plot in (Plot.TRIAL, Plot.YOUNG) or (one.plot is Plot.INACTIVE and one.mrr_cents == 0)


def _steady(draft: Draft, one: Organization) -> None:
    """Pays since it came; one in four has changed its price once; some pay by the year, some have an add-on."""
    status = "past_due" if one.plot is Plot.PAST_DUE else "active"
    name = draft.chance.choices(NAMES, WEIGHTS)[0]
    contract = draft.id("psub")
    chance = draft.chance.random()
    if one.plot is Plot.STEADY and chance < 0.25:
        began = _past_change(draft)
        if began > one.created_at + timedelta(days=20):
            earlier = draft.chance.choices(NAMES, WEIGHTS)[0]
            _row(draft, one, "replaced", earlier, PLANS[earlier], 1, contract, one.created_at, began)
            _pay(one, _row(draft, one, status, name, PLANS[name], 1, contract, began))
            return
    if one.plot is Plot.STEADY and chance > 0.85:
        amount = round(PLANS[name] * ANNUAL_DISCOUNT / 100) * 100 * 12
        _pay(one, _row(draft, one, status, name, amount, 12, contract, one.created_at))
    else:
        _pay(one, _row(draft, one, status, name, PLANS[name], 1, contract, one.created_at))
    if one.plot is Plot.STEADY and 0.6 < chance < 0.7:
        _pay(one, _row(draft, one, status, *ADD_ON, 1, draft.id("psub"), one.created_at))
    if one.plot is Plot.STEADY and 0.70 < chance < 0.72:  # the provider told of the same contract twice
        _row(draft, one, status, name, PLANS[name], 1, contract, one.created_at)


def _past_change(draft: Draft) -> datetime:
    """A moment of the past year on which no review looks."""
    return draft.between(320, 31) if draft.chance.random() < 0.85 else draft.between(25, 9)


def _this_week(draft: Draft) -> datetime:
    return draft.between(5.6, 2.4)


def _left(draft: Draft, one: Organization) -> None:
    name = draft.chance.choices(NAMES[:3], WEIGHTS[:3])[0]
    _row(draft, one, "canceled", name, PLANS[name], 1, draft.id("psub"), one.created_at, one.canceled_at)


def _churned(draft: Draft, one: Organization) -> None:
    name = draft.chance.choice(NAMES[:2])
    monthly = _row(draft, one, "canceled", name, PLANS[name], 1, draft.id("psub"), one.created_at, one.canceled_at)
    one.mrr_week_ago_cents = monthly


def _trial(draft: Draft, one: Organization) -> None:
    _row(draft, one, "trialing", "growth", PLANS["growth"], 1, draft.id("psub"), one.created_at)


def _new(draft: Draft, one: Organization) -> None:
    name = draft.chance.choice(("growth", "pro"))
    one.mrr_cents = _row(draft, one, "active", name, PLANS[name], 1, draft.id("psub"), _this_week(draft))


def _returned(draft: Draft, one: Organization) -> None:
    one.created_at = min(one.created_at, draft.ago(90))
    ended = draft.between(45, 33)
    _row(draft, one, "canceled", "starter", PLANS["starter"], 1, draft.id("psub"), one.created_at, ended)
    one.mrr_cents = _row(draft, one, "active", "growth", PLANS["growth"], 1, draft.id("psub"), _this_week(draft))


def _moved(draft: Draft, one: Organization) -> None:
    """Expanded or contracted by one plan this week."""
    low, high = draft.chance.choice((("starter", "growth"), ("growth", "pro")))
    if one.plot is Plot.CONTRACTED:
        low, high = "growth", "starter"
    contract, at = draft.id("psub"), _this_week(draft)
    before = _row(draft, one, "replaced", low, PLANS[low], 1, contract, one.created_at, at)
    one.mrr_week_ago_cents = before
    one.mrr_cents = _row(draft, one, "active", high, PLANS[high], 1, contract, at)


def _inactive(draft: Draft, one: Organization) -> None:
    if one.created_at > draft.ago(60):
        _trial(draft, one)
    else:
        _steady(draft, one)


def _free(draft: Draft, one: Organization) -> None:
    """No contract."""


def _pay(one: Organization, monthly: int) -> None:
    one.mrr_cents += monthly
    one.mrr_week_ago_cents += monthly


def _row(
    draft: Draft,
    one: Organization,
    status: str,
    plan: str,
    amount: int,
    months: int,
    contract: str,
    began: datetime,
    ended: datetime | None = None,
) -> int:
    """Write one row and answer what it comes to a month."""
    draft.add(
        "subscriptions",
        id=draft.id("sub"),
        organization_id=one.id,
        status=status,
        amount_cents=amount,
        currency="usd",
        interval_months=months,
        plan=plan,
        provider_subscription_id=contract,
        started_at=began,
        ended_at=ended,
    )
    return amount // months


_PLOTS = {
    Plot.LEFT: _left,
    Plot.CHURNED: _churned,
    Plot.TRIAL: _trial,
    Plot.YOUNG: _trial,
    Plot.NEW: _new,
    Plot.RETURNED: _returned,
    Plot.EXPANDED: _moved,
    Plot.CONTRACTED: _moved,
    Plot.INACTIVE: _inactive,
    Plot.FREE: _free,
}
