"""The weekly growth review: revenue and who moved it, signups and where they came from, who may leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.agents.evidence import Evidence, Found
from opsbook.agents.page import Page
from opsbook.agents.reports._churn import at_risk, at_risk_found, by_level
from opsbook.agents.reports._insights import insights
from opsbook.agents.reports._sections import NOT_MEASURED, ReportKind, SectionOf, action_items, dark
from opsbook.agents.wording import inline, listed
from opsbook.sdk.values import unknown_in

GROWTH_TARGET = 0.05  # the suite's criteria: growth above 5 % a week, churn below 3 %, conversion above 15 %
CHURN_GOOD, CHURN_ALERT = 0.03, 0.05
CONVERSION_TARGET = 0.15
MOVED = ("new", "reactivation", "expansion", "contraction", "churned")
STEPS = (("entered", "Entered"), ("signed_up", "Signed up"), ("activated", "Activated"), ("paying", "Paying"))


def _prepare(page: Page, evidence: Evidence) -> None:
    revenue, signups = _revenue_found(evidence), _signups_found(evidence)
    if not dark(page, "Revenue", revenue) and revenue:
        _act_on_revenue(page, revenue)
    if not dark(page, "Signups", signups) and signups:
        _act_on_signups(page, signups)
    risk = at_risk_found(evidence)
    if risk and not risk.unknown:
        for one in by_level(risk.value["organizations"])[:3]:
            name = inline(one["name"])
            stake = page.fact(f"{name}: recurring revenue", risk.at(one, "mrr_cents"), "cents")
            signals = listed([str(signal["signal"]).replace("_", " ") for signal in one["signals"]])
            priority = 1 if one["level"] == "high" else 2
            page.act(priority, f"Call {name}.", f"At risk: {signals}.", f"it pays {stake} a month.")


def _act_on_revenue(page: Page, found: Found) -> None:
    growth, churn = _number(found.value["growth"]), _number(found.value["logo_churn_rate"])
    if growth is not None and growth <= GROWTH_TARGET:
        text = page.fact("Growth", found.at("growth"), "ratio", plus=True)
        what = "Find out why revenue is falling." if growth < 0 else "Plan what lifts growth over its target."
        page.act(1 if growth < 0 else 2, what, "Growth is below the target.", f"growth {text}.")
    if churn is not None and churn >= CHURN_GOOD:
        text = page.fact("Churn rate", found.at("logo_churn_rate"), "ratio")
        lost = [inline(one["name"]) for one in found.value["movements"] if one["kind"] == "churned"]
        why = f"Lost: {listed(lost)}." if lost else "More leave than should."
        act = "Ask the organisations that left why."
        page.act(1 if churn > CHURN_ALERT else 2, act, why, f"churn rate {text}.")
    if (_number(found.value["past_due_mrr"]) or 0) > 0:
        text = page.fact("Past due", found.at("past_due_mrr"), "cents")
        page.act(2, "Collect what is past due.", "It is still under contract.", f"{text} a month.")


def _act_on_signups(page: Page, found: Found) -> None:
    if _number(found.value["total"]) == 0:
        total = page.fact("Signups", found.at("total"), "count")
        page.act(1, "Try the sign-up yourself.", "A whole period without one is rare.", f"signups: {total}.")
    conversion = (found.value.get("funnel") or {}).get("conversion_rate")
    ratio = _number(conversion)
    if ratio is not None and ratio <= CONVERSION_TARGET:
        text = page.fact("Signup conversion", found.at(conversion), "ratio")
        why = "Fewer than the target sign up after entering."
        page.act(2, "Look at what stops people between entering and signing up.", why, f"conversion {text}.")


def _summary(page: Page, evidence: Evidence) -> None:
    revenue, signups, risk = _revenue_found(evidence), _signups_found(evidence), at_risk_found(evidence)
    lines = []
    if revenue and not revenue.unknown:
        now = page.fact("Recurring revenue now", revenue.at("mrr_end"), "cents")
        growth = page.fact("Growth", revenue.at("growth"), "ratio", plus=True)
        churn = page.fact("Churn rate", revenue.at("logo_churn_rate"), "ratio")
        lines.append(f"Recurring revenue: {now} a month. Growth: {growth}. Churn rate: {churn}.")
    if signups and not signups.unknown:
        lines.append(f"Signups: {page.fact('Signups', signups.at('total'), 'count')}.")
    if risk and not risk.unknown:
        at_stake = page.fact("Recurring revenue at stake", risk.at("mrr_at_stake_cents"), "cents")
        number = page.fact("Organisations at risk", risk.at("count"), "count")
        lines.append(f"At risk: {number}, worth {at_stake} a month.")
    page.say(" ".join(lines) or "Nothing about growth is in this run's evidence.")


def _revenue(page: Page, evidence: Evidence) -> None:
    found = _revenue_found(evidence)
    if found is None or found.unknown:
        return
    value: Mapping[str, Any] = found.value
    rows = []
    for name, label, unit in (
        ("mrr_start", "At the start", "cents"),
        ("new", "New", "cents"),
        ("reactivation", "Come back", "cents"),
        ("expansion", "Expansion", "cents"),
        ("contraction", "Contraction", "cents"),
        ("churned_mrr", "Churned", "cents"),
        ("mrr_end", "Now", "cents"),
        ("growth", "Growth", "ratio"),
        ("nrr", "Net revenue retention", "ratio"),
        ("logo_churn_rate", "Churn rate, organisations", "ratio"),
        ("logo_churn_rate_28_days", "Churn rate, organisations, 28 days", "ratio"),
        ("revenue_churn_rate", "Churn rate, revenue", "ratio"),
        ("past_due_mrr", "Past due (within the total)", "cents"),
        ("trialing", "Organisations on trial", "count"),
    ):
        if name in value:
            told = page.resting if unit == "ratio" else page.fact
            rows.append([label, told(label, found.at(name), unit)])
    if value.get("baseline_date"):
        baseline = page.state("Baseline", inline(value["baseline_date"]), found.at("baseline_date"))
        page.say(f"Compared with the snapshot of {baseline}.")
    page.table(["Monthly recurring revenue", "Figure"], rows, right=[1])


def _movements(page: Page, evidence: Evidence) -> None:
    found = _revenue_found(evidence)
    if found is None or found.unknown or not isinstance(found.value.get("movements"), list):
        return
    rows = []
    for one in sorted(found.value["movements"], key=_by_kind_and_size):
        name = page.state("Organisation that moved", inline(one["name"]), found.at(one, "name"))
        before = page.fact(f"{name}: before", found.at(one, "before_cents"), "cents")
        after = page.fact(f"{name}: after", found.at(one, "after_cents"), "cents")
        rows.append([name, str(one["kind"]), before, after])
    page.table(["Organisation", "Movement", "Before", "After"], rows, right=[2, 3])


def _by_kind_and_size(one: Mapping[str, Any]) -> tuple[int, int, str]:
    return MOVED.index(one["kind"]), -abs(one["after_cents"] - one["before_cents"]), str(one["name"])


def _signups(page: Page, evidence: Evidence) -> None:
    found = _signups_found(evidence)
    if found is None or found.unknown:
        return
    before: Mapping[str, Any] = found.value.get("previous") or {}
    total = page.fact("Signups", found.at("total"), "count")
    if before.get("total") is not None:
        total += f" (period before: {page.fact('Signups before', found.at(before, 'total'), 'count')})"
    page.say(f"Total: {total}.")
    for key, label in (("cohorts", "Cohort"), ("sources", "Source")):
        rows = []
        for name in found.value.get(key) or {}:
            shown = inline(name).replace("_", " ")
            now = page.fact(f"Signups, {shown}", found.at(key, name), "count")
            earlier = (before.get(key) or {}).get(name)
            then = (
                "" if earlier is None else page.fact(f"Signups before, {shown}", found.at(before, key, name), "count")
            )
            rows.append([shown, now, then])
        page.table([label, "Signups", "Period before"], rows, right=[1, 2])


def _funnel(page: Page, evidence: Evidence) -> None:
    found = _signups_found(evidence)
    funnel = None if found is None or found.unknown else found.value.get("funnel")
    if found is None or not funnel:
        return
    rows = [[label, page.fact(label, found.at(funnel, key), "count")] for key, label in STEPS if key in funnel]
    page.table(["Step of those who entered", "People"], rows, right=[1])
    page.say(f"Signup conversion: {page.resting('Signup conversion', found.at(funnel, 'conversion_rate'), 'ratio')}.")


def _revenue_found(evidence: Evidence) -> Found | None:
    return evidence.of("getRevenueMetrics", "mrr_end", "growth", "movements")


def _signups_found(evidence: Evidence) -> Found | None:
    return evidence.of("getSignupAnalytics", "total", "previous")


def _number(measurement: Any) -> float | None:
    if unknown_in(measurement):
        return None
    value = measurement.get("value") if isinstance(measurement, Mapping) else measurement
    return value if isinstance(value, int | float) else None


def _insights(page: Page, evidence: Evidence) -> None:
    insights(page, _revenue_found(evidence), _signups_found(evidence), at_risk_found(evidence))


REPORT = ReportKind(
    "Weekly growth review",
    (
        SectionOf("summary", "Summary", _summary),
        SectionOf("insights", "Insights", _insights),
        SectionOf("action_plan", "Action plan", action_items),
        SectionOf("revenue", "Revenue", _revenue),
        SectionOf("movements", "Who moved it", _movements),
        SectionOf("signups", "Signups", _signups),
        SectionOf("funnel", "Funnel", _funnel),
        SectionOf("churn_risk", "Organisations at risk", at_risk),
        NOT_MEASURED,
    ),
    _prepare,
)
