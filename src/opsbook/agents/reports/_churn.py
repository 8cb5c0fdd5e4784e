"""Organisations at risk and organisations gone silent, as Mrs Parker's tools answer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsbook.agents.evidence import Evidence, Found
from opsbook.agents.page import Page
from opsbook.agents.reports._sections import dark
from opsbook.agents.wording import inline, listed, plural
from opsbook.sdk.values import unknown_in

SHOWN = 20  # rows of a table that somebody reads; the rest is in the run's record
LEVELS = ("high", "medium", "low")


def at_risk_found(evidence: Evidence) -> Found | None:
    return evidence.of("getAtRiskOrganizations", "organizations", "undetermined", "denominator")


def at_risk(page: Page, evidence: Evidence) -> None:
    found = at_risk_found(evidence)
    if dark(page, "Organisations at risk", found) or found is None:
        return
    value = found.value
    number = page.fact("Organisations at risk", found.at("count"), "count")
    of = page.fact("Organisations looked at", found.at("denominator"), "count")
    stake = page.fact("Recurring revenue at stake", found.at("mrr_at_stake_cents"), "cents")
    page.say(f"Organisations at risk: {number}, of {of} looked at. Recurring revenue at stake: {stake} a month.")
    rows = []
    for one in by_level(value["organizations"])[:SHOWN]:
        name = page.state("Organisation at risk", inline(one["name"]), found.at(one, "name"))
        signals = "; ".join(inline(signal_text(signal)) for signal in one["signals"])
        mrr = page.fact(f"{name}: recurring revenue", found.at(one, "mrr_cents"), "cents")
        rows.append([name, str(one["level"]), signals, mrr])
    page.table(["Organisation", "Level", "Signals", "Revenue a month"], rows, right=[3])
    _rest(page, value["organizations"])
    _undetermined(page, value["undetermined"], "at risk")


def by_level(organizations: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The highest level first, then the most revenue; an unknown revenue comes last in its level."""

    def rank(one: Mapping[str, Any]) -> tuple[int, float]:
        cents = one["mrr_cents"].get("value") if isinstance(one["mrr_cents"], Mapping) else one["mrr_cents"]
        return LEVELS.index(one["level"]), -(cents if cents is not None else -1)

    return sorted(organizations, key=rank)


def signal_text(signal: Mapping[str, Any]) -> str:
    """`no login (last on 2026-10-02)`: the signal and the evidence that came with it."""
    name = str(signal["signal"]).replace("_", " ")
    evidence = signal.get("evidence")
    return f"{name} ({evidence})" if isinstance(evidence, str) and evidence else name


def inactive(page: Page, evidence: Evidence) -> None:
    found = inactive_found(evidence)
    if dark(page, "Inactive organisations", found) or found is None:
        return
    page.say(f"Inactive organisations: {how_many_inactive(page, found)}.")
    rows = []
    for one in found.value[:SHOWN]:
        name = page.state("Inactive organisation", inline(one["name"]), found.at(one, "name"))
        rows.append([name, str(one["reason"]).replace("_", " "), _still_trades(page, one, name, found)])
    page.table(["Organisation", "Why", "Still trades"], rows, right=[2])
    _rest(page, found.value)


def inactive_found(evidence: Evidence) -> Found | None:
    return evidence.of("findInactiveOrganizations", "organization_id", "reason")


def how_many_inactive(page: Page, found: Found) -> str:
    """`14 of 285 eligible (4.9 %)`."""
    number = page.fact("Inactive organisations", found.made("$.length", len(found.value)), "count")
    eligible = page.fact("Eligible organisations", found.figure("eligible"), "count")
    return f"{number} of {eligible} eligible ({page.fact('Inactive rate', found.figure('inactive_rate'), 'ratio')})"


def _still_trades(page: Page, one: Mapping[str, Any], name: str, found: Found) -> str:
    """The probability that orders still come in there, which changes nothing about who is listed."""
    alive = one.get("alive")
    if not isinstance(alive, Mapping) or unknown_in(alive):
        return "unknown"
    return page.fact(f"{name}: still trades", found.at(alive), "ratio")


def _rest(page: Page, organizations: Sequence[Any]) -> None:
    if (more := len(organizations) - SHOWN) > 0:
        page.say(f"And {plural(more, 'more organisation')}, in the run's record.")


def _undetermined(page: Page, undetermined: Sequence[Mapping[str, Any]], what: str) -> None:
    if undetermined:
        names = listed([inline(one.get("name") or one.get("id")) for one in undetermined])
        page.lacks(f"Whether {names} {'is' if len(undetermined) == 1 else 'are'} {what}", "a signal could not be read")
