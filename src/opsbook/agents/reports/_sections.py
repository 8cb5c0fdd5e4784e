"""Sections that several reports have, and how a report's sections are declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opsbook.agents.evidence import Evidence, Found
from opsbook.agents.page import Action, Page
from opsbook.agents.wording import inert, inline, listed
from opsbook.tools._advice import advise

PRIORITIES = {"high": 1, "normal": 2, "low": 3}
SIDES = {
    "ours": "us",
    "theirs": "the vendor",
    "credentials": "the credentials",
    "network": "the network or the vendor's reach",
}
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
                status_of(page, found, item) + maintained(item),
                "" if latency is None else page.fact(f"{name}: latency", found.at(item, "latency_ms"), "ms"),
                _last_answer(page, found, item, name),
                inline(error["message"]) if error else "",
            ]
        )
        if item["status"] == "unknown":
            page.lacks(name, inline(error.get("message") or "its probe gave no answer that can be judged"))
    page.table(["System", "Status", "Latency", "Last answer", "What it said"], rows, right=[2])


def status_of(page: Page, found: Found, item: Mapping[str, Any]) -> str:
    """A system's status, as a fact."""
    text = str(item["status"]).replace("_", " ")
    return page.state(f"{inline(item['name'])}: status", text, found.at(item, "status"))


def maintained(item: Mapping[str, Any]) -> str:
    """What follows the status of a system under maintenance; nothing for any other."""
    window = item.get("maintenance_window")
    return f" (maintenance: {inline(window['reason'])})" if window else ""


def _last_answer(page: Page, found: Found, item: Mapping[str, Any], name: str) -> str:
    if item["status"] == "not_configured" or "last_success_at" not in item:
        return ""
    if item["last_success_at"] and item["last_success_at"] == item.get("checked_at"):
        return "now"
    return page.time(f"{name}: last answer", found.at(item, "last_success_at"))


def status_counts(page: Page, found: Found, items: Sequence[Mapping[str, Any]]) -> str:
    """`2 offline, 1 degraded, 6 online`; statuses nobody has are left out."""
    place = found.at(items).path
    told = []
    for status in WORST_FIRST:
        if number := sum(1 for item in items if item["status"] == status):
            words, formula = status.replace("_", " "), f'{place}.filter(s => s.status === "{status}").length'
            told.append(f"{page.fact(f'Systems that are {words}', found.made(formula, number), 'count')} {words}")
    page.state("Systems by status", ", ".join(told), found.at(items))
    return ", ".join(told)


def named(items: Sequence[Mapping[str, Any]], status: str) -> str:
    return listed([inline(item["name"]) + maintained(item) for item in items if item["status"] == status])


def action_items(page: Page, evidence: Evidence) -> None:
    """What to do, most urgent first, each with the finding that it rests on."""
    if not page.actions:
        page.say("Nothing needs doing on what was measured.")
        return
    page.say(
        "\n".join(
            f"{place}. {' '.join(filter(None, _told(action)))}"
            for place, action in enumerate(sorted(page.actions, key=lambda one: one.priority), 1)
        )
    )


def _told(action: Action) -> tuple[str, str, str]:
    return f"**{PRIORITY_WORDS[action.priority]}: {action.text}**", action.why, f"_Evidence: {action.evidence}_"


def not_measured(page: Page, evidence: Evidence) -> None:
    """Everything that the report lacks, each once with its reason; and what the tools warned of."""
    by_reason: dict[str, list[str]] = {}
    for label, reason in page.missing.items():
        by_reason.setdefault(reason, []).append(label)
    page.bullets(f"{listed(labels, 20)}: {inert(reason)}" for reason, labels in by_reason.items())
    if not by_reason:
        page.say("Everything this report speaks of was measured.")
    page.bullets(dict.fromkeys(f"Note: {inline(warning)}" for one in evidence.found for warning in one.warnings))


ACTION_ITEMS = SectionOf("action_items", "Action items", action_items)
NOT_MEASURED = SectionOf("not_measured", "What could not be measured", not_measured)


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


def act_on_system(page: Page, found: Found, item: Mapping[str, Any], priority: int) -> None:
    """What to do first about a system that is not well, and on what that rests."""
    name, advice = inline(item["name"]), advise(class_of(item))
    failures = item.get("consecutive_failures")
    seen = [status_of(page, found, item)]
    if kind := class_of(item):
        words, place = kind.replace("_", " "), found.at(item, "error", "class")
        seen.append(f"error class {page.state(f'{name}: error class', words, place)}")
    if failures and found.value is not None:
        number = page.fact(f"{name}: failures in a row", found.at(item, "consecutive_failures"), "count")
        seen.append(f"{number} failure{'' if failures == 1 else 's'} in a row")
    step = advice.steps[0]
    side = f"It lies with {SIDES[advice.side]}: " if advice.side in SIDES else ""
    why = f"{side}{advice.because}."
    page.act(priority, f"{name}: {step[:1].lower()}{step[1:]}.", f"{why[:1].upper()}{why[1:]}", f"{', '.join(seen)}.")


def class_of(item: Mapping[str, Any]) -> str | None:
    return (item.get("error") or {}).get("class")
