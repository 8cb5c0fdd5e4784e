"""The organisations: who they are, when they came, and what is planned for each."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import chain, repeat

from opsbook.cli.demo.company.names import STATES, organization_names
from opsbook.cli.demo.company.plot import Draft, Organization, Plot

REASONS = ("never_started",) * 4 + ("login",) * 4 + ("orders",) * 3 + ("campaigns",) * 3  # of the 14 inactive ones
TRIALS_OF_INACTIVE = 2  # the first of those that never started are on trial


def cast(size: int) -> list[Plot]:
    """What happens to each of `size` organisations; the rest are steady.

    At 340 organisations 9 of about 252 payers churn in the week, which lies between the suite's 3 % and 5 %.
    """
    wanted = Counter(
        {
            Plot.TEST: 6,
            Plot.LEFT: size * 12 // 100,
            Plot.CHURNED: max(3, round(size * 0.0265)),
            Plot.TRIAL: size * 5 // 100,
            Plot.YOUNG: 6,
            Plot.NEW: max(2, round(size * 0.015)),
            Plot.RETURNED: 2,
            Plot.EXPANDED: max(2, round(size * 0.018)),
            Plot.CONTRACTED: 2,
            Plot.INACTIVE: len(REASONS),
            Plot.PAST_DUE: 4,
            Plot.FREE: size * 3 // 100,
        }
    )
    steady = size - wanted.total()
    if steady < 20:
        raise ValueError(f"a sample company has at least 120 organisations, not {size}")
    return list(chain(wanted.elements(), repeat(Plot.STEADY, steady)))


def found_organizations(draft: Draft, size: int) -> list[Organization]:
    plots = cast(size)
    draft.chance.shuffle(plots)
    names = organization_names(draft.chance)
    reasons = iter(REASONS)
    trials = 0
    founded = []
    for plot, (name, slug, kind) in zip(plots, names, strict=False):
        one = Organization(draft.id("org"), name, slug, kind, plot, draft.chance.choice(STATES), draft.between(420, 75))
        if plot is Plot.INACTIVE:
            one.reason = next(reasons)
            trials += one.reason == "never_started"
            if one.reason == "never_started" and trials <= TRIALS_OF_INACTIVE:
                one.created_at = draft.between(45, 36)
        _place_in_time(draft, one)
        _go_silent(draft, one)
        founded.append(one)
    _put_at_risk(draft, founded)
    return founded


def _place_in_time(draft: Draft, one: Organization) -> None:
    """When it came and left. No payment changes on the dates that reviews compare with; see contracts.py."""
    if one.plot is Plot.TRIAL:
        one.created_at = draft.between(28, 8)
    elif one.plot is Plot.YOUNG:
        one.created_at = draft.between(6.4, 0.3)
    elif one.plot is Plot.NEW:
        one.created_at = draft.between(25, 9)
    elif one.plot is Plot.CHURNED:
        one.canceled_at = draft.between(5.6, 2.4)
    elif one.plot is Plot.LEFT:
        one.created_at = draft.between(420, 330)
        one.canceled_at = draft.between(320, 31) if draft.chance.random() < 0.8 else draft.between(25, 9)


def _go_silent(draft: Draft, one: Organization) -> None:
    """The last sign of life of each kind."""
    if one.reason == "never_started":
        return
    end = one.canceled_at or draft.as_of
    age_days = (end - one.created_at) / timedelta(days=1)
    if one.reason:
        longest, shorter = draft.chance.uniform(40, 70), [draft.chance.uniform(9, 20), draft.chance.uniform(21, 29)]
        draft.chance.shuffle(shorter)
        days = {
            "login": shorter[0],
            "orders": shorter[1],
            "campaigns": draft.chance.uniform(9, 29),
            one.reason: longest,
        }
    else:
        days = {
            "login": draft.chance.triangular(0.02, 6, 0.1),
            "orders": draft.chance.uniform(0.05, 4),
            "campaigns": draft.chance.uniform(0.5, 20),
        }
    one.last_login = end - timedelta(days=min(days["login"], age_days * 0.6))
    one.last_order = end - timedelta(days=min(days["orders"], age_days * 0.5))
    one.last_campaign = end - timedelta(days=min(days["campaigns"], age_days * 0.4))


def _put_at_risk(draft: Draft, founded: list[Organization]) -> None:
    """Some steady ones stop logging in or sending, or wait for an answer; they still sell, so they are not inactive."""
    steady = [one for one in founded if one.plot is Plot.STEADY]
    share = max(2, len(steady) // 25)
    for one in steady[:share]:
        one.last_login = draft.between(40, 15.5)
    for one in steady[share // 2 : share * 2]:
        one.last_campaign = draft.between(70, 32)
    for one in steady[share * 2 - 1 : share * 3]:
        one.open_tickets = draft.chance.choice((1, 1, 1, 2, 3))
    steady[share - 1].open_tickets = 1
    for one in [one for one in founded if one.plot is Plot.INACTIVE][5:8]:
        one.open_tickets = 1


def write_organizations(draft: Draft, founded: list[Organization]) -> None:
    for one in founded:
        gone = one.canceled_at is not None
        on_trial = one.plot in (Plot.TRIAL, Plot.YOUNG)
        draft.add(
            "organizations",
            id=one.id,
            name=one.name,
            type=one.kind,
            status="canceled" if gone else "trial" if on_trial else "active",
            owner_id=one.owner_id,
            state=one.state,
            created_at=one.created_at,
            canceled_at=one.canceled_at,
            is_test=one.plot is Plot.TEST,
            signup_source=one.source,
            signup_campaign=one.campaign,
            email_opt_out=one.opt_out,
        )
