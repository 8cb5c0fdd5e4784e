"""Sections that several reports have, and how a report's sections are declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opsbook.agents.evidence import Evidence, Found
from opsbook.agents.page import Page
from opsbook.agents.wording import inline, listed, plural

PRIORITIES = {"high": 1, "normal": 2, "low": 3}
PRIORITY_WORDS = {1: "High", 2: "Normal", 3: "Low"}
WORST_FIRST = ("offline", "unknown", "degraded", "online", "not_configured")


@dataclass(frozen=True)
class SectionOf:
    """One section of a kind of report. `write` leaves the page as it is when there is nothing to say."""

    id: str
    title: str
    write: Callable[[Page, Evidence], None]


@dataclass(frozen=True)
class ReportKind:
    """`prepare` reads the evidence first and puts the actions on the page, so that the summary can name them."""

    title: str
    sections: tuple[SectionOf, ...]
    prepare: Callable[[Page, Evidence], None]


def status_table(page: Page, found: Found, items: Sequence[Mapping[str, Any]]) -> None:
    """Systems with status, latency and last answer; the worst first, then by name."""
    rows = []
    for item in sorted(items, key=lambda one: (WORST_FIRST.index(one["status"]), str(one["name"]))):
        name = inline(item["name"])
        error = item.get("error") or {}
        latency = item.get("latency_ms")
        rows.append(
            [
                name,
                page.state(f"{name}: status", str(item["status"]).replace("_", " "), found.name) + maintained(item),
                "" if latency is None else page.fact(f"{name}: latency", latency, "ms", found.name),
                _last_answer(page, found, item, name),
                f"{error['class']}: {inline(error['message'])}" if error else "",
            ]
        )
        if item["status"] == "unknown":
            page.lacks(name, inline(error.get("message") or "its probe gave no answer that can be judged"))
    page.table(["System", "Status", "Latency", "Last answer", "What it said"], rows, right=[2])


def maintained(item: Mapping[str, Any]) -> str:
    """What follows the status of a system under maintenance; nothing for any other."""
    window = item.get("maintenance_window")
    return f" (maintenance: {inline(window['reason'])})" if window else ""


def _last_answer(page: Page, found: Found, item: Mapping[str, Any], name: str) -> str:
    if item["status"] == "not_configured" or "last_success_at" not in item:
        return ""
    return page.time(f"{name}: last answer", item["last_success_at"], found.name)


def status_counts(items: Sequence[Mapping[str, Any]]) -> str:
    """`2 offline, 1 degraded, 6 online`; statuses nobody has are left out."""
    return ", ".join(
        f"{number} {status.replace('_', ' ')}"
        for status in WORST_FIRST
        if (number := sum(1 for item in items if item["status"] == status))
    )


def named(items: Sequence[Mapping[str, Any]], status: str) -> str:
    return listed([inline(item["name"]) + maintained(item) for item in items if item["status"] == status])


def action_items(page: Page, evidence: Evidence) -> None:
    """What to do, most urgent first, each with the finding that it rests on."""
    if not page.actions:
        page.say("Nothing needs doing on what was measured.")
        return
    page.say(
        "\n".join(
            f"{place}. **{PRIORITY_WORDS[action.priority]}: {action.text}** {action.why} _Evidence: {action.evidence}_"
            for place, action in enumerate(sorted(page.actions, key=lambda one: one.priority), 1)
        )
    )


def not_measured(page: Page, evidence: Evidence) -> None:
    """Everything that the report lacks, and why; and what the tools warned of."""
    page.bullets(f"{label}: could not be measured: {inline(reason)}" for label, reason in page.missing.items())
    page.bullets(dict.fromkeys(f"Note: {inline(warning)}" for one in evidence.found for warning in one.warnings))
    if not page.sections[-1].blocks:
        page.say("Everything this report speaks of was measured.")


def closing_sections() -> tuple[SectionOf, ...]:
    return (
        SectionOf("action_items", "Action items", action_items),
        SectionOf("not_measured", "What could not be measured", not_measured),
    )


def absent(page: Page, what: str) -> None:
    page.lacks(what, "no step of this run asked for it, or the step came to nothing")


def dark(page: Page, what: str, found: Found | None) -> bool:
    """Whether there is nothing to read; says so on the page's list of what is missing."""
    if found is None:
        absent(page, what)
        return True
    if unknown := found.unknown:
        page.lacks(what, unknown.reason)
        return True
    return False


def systems_to_act_on(page: Page, found: Found, recommendations: Sequence[Mapping[str, Any]]) -> None:
    for advice in recommendations:
        evidence = advice.get("evidence") or {}
        error = evidence.get("error") or {}
        seen = [str(evidence.get("status") or "").replace("_", " "), str(error.get("class") or "")]
        failures = evidence.get("consecutive_failures")
        if failures:
            label = f"{evidence.get('id')}: failures in a row"
            page.fact(label, failures, "count", found.name)
            seen.append(plural(failures, "failure") + " in a row")
        rests_on = ", ".join(part for part in seen if part) or "the roster"
        page.act(PRIORITIES[str(advice["priority"])], inline(advice["text"]), "", f"{found.name}: {rests_on}.")
