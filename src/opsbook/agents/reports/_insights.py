"""What the figures of a week say together: sums and comparisons, each by a formula that is declared with its fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opsbook.agents.evidence import Found
from opsbook.agents.page import Page
from opsbook.agents.wording import inline, listed
from opsbook.sdk.values import unknown_in

GAINED = ("new", "reactivation", "expansion")
LOST = ("churned_mrr", "contraction")
WORDS = {"new": "new", "reactivation": "returning", "expansion": "expanding"}
LARGEST = 3  # organisations at risk that are weighed against all of them
WEEKS = 4  # in the 28 days whose churn is shown


def insights(page: Page, revenue: Found | None, signups: Found | None, risk: Found | None) -> None:
    """One sentence each, as many as the figures carry."""
    lines: list[str] = []
    if revenue and not revenue.unknown:
        lines += [*_balance(page, revenue), *_pace_of_churn(page, revenue)]
    if signups and not signups.unknown:
        lines += [*_best_source(page, signups), *_widest_move(page, signups)]
    if risk and not risk.unknown:
        lines += _concentration(page, risk)
    page.bullets(lines)
    if not lines:
        page.say("What was measured shows no pattern worth a sentence.")


def _balance(page: Page, found: Found) -> Iterator[str]:
    gained, lost = _sum(found, GAINED), _sum(found, LOST)
    if gained is None or lost is None or not (gained or lost):
        return
    came = page.fact("Gained", found.made(_plus(GAINED), gained), "cents")
    went = page.fact("Lost", found.made(_plus(LOST), lost), "cents")
    net = page.fact("Gained less lost", found.made(f"{_plus(GAINED)} - ({_plus(LOST)})", gained - lost), "cents")
    yield f"Recurring revenue gained {came} and lost {went}: {net} in sum."
    most = max(GAINED, key=lambda name: _number(found.value[name]) or 0)
    if gained:
        part = page.fact("Come back" if most == "reactivation" else most.capitalize(), found.at(most), "cents")
        yield f"Most of what was gained came from {WORDS[most]} organisations: {part}."
    if lost > gained:
        yield "More was lost than gained."


def _pace_of_churn(page: Page, found: Found) -> Iterator[str]:
    week, month = (_number(found.value.get(name)) for name in ("logo_churn_rate", "logo_churn_rate_28_days"))
    if week and month and week * WEEKS > month:
        now = page.fact("Churn rate", found.at("logo_churn_rate"), "ratio")
        long = page.fact("Churn rate, organisations, 28 days", found.at("logo_churn_rate_28_days"), "ratio")
        yield f"Churn is faster than it was: {now} left in this period, {long} in 28 days."


def _best_source(page: Page, found: Found) -> Iterator[str]:
    known = {name: number for name, number in _counts(found, "sources") if name not in ("other", "unattributed")}
    if not known or not any(known.values()):
        return
    best = max(known, key=lambda name: (known[name], name))
    shown = inline(best).replace("_", " ")
    text = page.fact(f"Signups, {shown}", found.at("sources", best), "count")
    yield f"The source that brought most signups is {shown}: {text}."


def _widest_move(page: Page, found: Found) -> Iterator[str]:
    """The cohort or source whose signups changed most against the period before."""
    before: Mapping[str, Any] = found.value.get("previous") or {}
    moves = []
    for key in ("cohorts", "sources"):
        for name, now in _counts(found, key):
            then = _number((before.get(key) or {}).get(name))
            if then is not None and name not in ("other", "unattributed", "internal"):
                moves.append((abs(now - then), key, name, now > then))
    if not moves or not max(moves)[0]:
        return
    _, key, name, up = max(moves)
    shown = inline(name).replace("_", " ")
    now_text = page.fact(f"Signups, {shown}", found.at(key, name), "count")
    then_text = page.fact(f"Signups before, {shown}", found.at(before, key, name), "count")
    yield f"Signups moved most for {shown}: {'up' if up else 'down'} from {then_text} to {now_text}."


def _concentration(page: Page, found: Found) -> Iterator[str]:
    stake = _number(found.value["mrr_at_stake_cents"])
    paying = [one for one in found.value["organizations"] if _number(one["mrr_cents"])]
    if not stake or len(paying) <= LARGEST:
        return
    largest = sorted(paying, key=lambda one: (-(_number(one["mrr_cents"]) or 0), str(one["name"])))[:LARGEST]
    names = listed([inline(one["name"]) for one in largest])
    total = sum(_number(one["mrr_cents"]) or 0 for one in largest)
    formula = " + ".join(_plain(found, one) for one in largest)
    text = page.fact("Recurring revenue of the largest at risk", found.made(formula, total), "cents")
    whole = page.fact("Recurring revenue at stake", found.at("mrr_at_stake_cents"), "cents")
    yield f"{names} pay most of those at risk: together {text} of {whole} a month."


def _plain(found: Found, one: Mapping[str, Any]) -> str:
    place = found.at(one, "mrr_cents")
    return f"{place.path}.value" if isinstance(place.value, Mapping) else place.path


def _counts(found: Found, key: str) -> Iterator[tuple[str, float]]:
    for name, value in (found.value.get(key) or {}).items():
        if (number := _number(value)) is not None:
            yield name, number


def _sum(found: Found, names: Sequence[str]) -> float | None:
    known = [_number(found.value.get(name)) for name in names]
    return None if None in known else sum(one or 0 for one in known)


def _plus(names: Sequence[str]) -> str:
    return " + ".join(f"$.{name}.value" for name in names)


def _number(measurement: Any) -> float | None:
    if unknown_in(measurement):
        return None
    value = measurement.get("value") if isinstance(measurement, Mapping) else measurement
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
