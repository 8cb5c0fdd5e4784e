"""The daily health report: is everything up, what changed since yesterday, what to do first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsbook.agents.evidence import Evidence, Found
from opsbook.agents.page import Page
from opsbook.agents.reports._platform import act_on_platform, errors, platform_figures, quotas, stats, trends
from opsbook.agents.reports._sections import (
    ACTION_ITEMS,
    NOT_MEASURED,
    PRIORITIES,
    ReportKind,
    SectionOf,
    act_on_system,
    dark,
    named,
    status_counts,
    status_table,
)
from opsbook.agents.wording import inline, listed, plural
from opsbook.sdk.values import unknown_in

OVERALL = {
    "healthy": "The platform is healthy.",
    "degraded": "The platform works, with faults.",
    "unhealthy": "The platform is **not** healthy.",
    "unknown": "Whether the platform is healthy could not be told.",
}


def _prepare(page: Page, evidence: Evidence) -> None:
    found = _health(evidence)
    if not dark(page, "System health", found) and found:
        items = {item["id"]: item for item in (*found.value["components"], *found.value["integrations"])}
        for advice in found.value["recommendations"]:
            about, priority = advice.get("evidence") or {}, PRIORITIES[str(advice["priority"])]
            item = items.get(about.get("id"))
            if item and item["status"] != "unknown":
                act_on_system(page, found, item, priority)
            else:
                page.act(priority, inline(advice["text"]), "", _rests_on(about))
    act_on_platform(page, evidence)


def _rests_on(about: Mapping[str, Any]) -> str:
    if problems := about.get("problems"):
        return f"{listed([inline(problem) for problem in problems])}."
    return f"{inline(about.get('status') or 'the roster').replace('_', ' ')}."


def _summary(page: Page, evidence: Evidence) -> None:
    found = _health(evidence)
    lines = ["How the systems are could not be told: nothing in this run's evidence says it."]
    if found and not found.unknown:
        overall = str(found.value["overall"])
        page.state("Overall", overall, found.at("overall"))
        lines = [OVERALL.get(overall, inline(overall))]
        items = [*found.value["components"], *found.value["integrations"]]
        lines += [f"Offline: {named(items, 'offline')}."] if named(items, "offline") else []
        lines += [f"Degraded: {named(items, 'degraded')}."] if named(items, "degraded") else []
    lines += _figures_in_brief(page, stats(evidence))
    urgent = sum(1 for action in page.actions if action.priority == 1)
    lines.append(f"{plural(urgent, 'thing')} to do today." if urgent else "Nothing is urgent on what was measured.")
    page.say(" ".join(lines))


def _figures_in_brief(page: Page, found: Found | None) -> list[str]:
    if found is None or found.unknown:
        return []
    lines: list[str] = []
    metrics: Mapping[str, Any] = found.value["metrics"]
    if "signups" in metrics and not unknown_in(metrics["signups"]):
        lines.append(f"Signups: {page.fact('Signups', found.at(metrics, 'signups'), 'count')}.")
    if "revenue" in metrics and not unknown_in(metrics["revenue"]):
        revenue = page.fact("Monthly recurring revenue", found.at(metrics, "revenue"), "cents")
        lines.append(f"Recurring revenue: {revenue} a month.")
    critical = (metrics.get("errors") or {}).get("critical")
    if critical is not None and not unknown_in(critical):
        lines.append(
            f"Critical errors: {page.fact('Critical errors', found.at(metrics, 'errors', 'critical'), 'count')}."
        )
    return lines


def _systems(page: Page, evidence: Evidence) -> None:
    found = _health(evidence)
    if found and not found.unknown and found.value["components"]:
        status_table(page, found, found.value["components"])
        _agents(page, found, found.value["agents"])


def _agents(page: Page, found: Found, rows: Sequence[Mapping[str, Any]]) -> None:
    troubled = [row for row in rows if row["problems"]]
    for row in troubled:
        problems = listed([inline(problem) for problem in row["problems"]])
        page.say(f"Agent {page.state('Agent', inline(row['id']), found.at(row, 'id'))}: {problems}.")
    if rows and not troubled:
        page.say(f"Agents ready: {listed([inline(row['id']) for row in rows])}.")


def _integrations(page: Page, evidence: Evidence) -> None:
    found = _health(evidence)
    if found and not found.unknown and found.value["integrations"]:
        page.say(f"{status_counts(page, found, found.value['integrations'])}.")
        status_table(page, found, found.value["integrations"])


def _health(evidence: Evidence) -> Found | None:
    return evidence.of("getSystemHealth", "overall", "components", "recommendations")


REPORT = ReportKind(
    "Daily health report",
    (
        SectionOf("summary", "Summary", _summary),
        ACTION_ITEMS,
        SectionOf("systems", "Platform systems", _systems),
        SectionOf("integrations", "Integrations", _integrations),
        SectionOf("platform", "Platform figures", platform_figures),
        SectionOf("errors", "Errors", errors),
        SectionOf("quotas", "Quotas", quotas),
        SectionOf("trends", "Trends", trends),
        NOT_MEASURED,
    ),
    _prepare,
)
