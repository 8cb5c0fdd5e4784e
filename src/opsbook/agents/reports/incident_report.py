"""The incident report: each system that is down, since when, on whose side it lies, what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsbook.agents.evidence import Evidence, Found
from opsbook.agents.page import UNMEASURED, Page
from opsbook.agents.reports._sections import (
    ACTION_ITEMS,
    NOT_MEASURED,
    SIDES,
    ReportKind,
    SectionOf,
    act_on_system,
    class_of,
    dark,
    named,
    status_counts,
    status_of,
)
from opsbook.agents.wording import inline, listed, plural
from opsbook.sdk.values import unknown_in
from opsbook.tools._advice import advise

RECENT = 5  # probe rows shown for each system


def _prepare(page: Page, evidence: Evidence) -> None:
    found = _status(evidence)
    if dark(page, "Integration status", found) or found is None:
        return
    for item in _down(found):
        act_on_system(page, found, item, 1)


def _summary(page: Page, evidence: Evidence) -> None:
    found = _status(evidence)
    if found is None or found.unknown:
        page.say("Which systems are down could not be told.")
        return
    down = named(found.value, "offline")
    slow = named(found.value, "degraded")
    for item in found.value:
        if item["status"] in ("offline", "degraded"):
            status_of(page, found, item)
    lines = [f"Offline: {down}." if down else "No system is offline."]
    lines += [f"Degraded: {slow}."] if slow else []
    page.say(" ".join([*lines, f"Of all asked: {status_counts(page, found, found.value)}."]))


def _systems(page: Page, evidence: Evidence) -> None:
    found = _status(evidence)
    if found is None or found.unknown:
        return
    logs, credentials = evidence.of("getIntegrationLogs", "rows", "uptime"), evidence.of("checkCredentials", "state")
    for item in _down(found):
        page.say(f"### {inline(item['name'])}")
        page.bullets([*_about(page, found, item), *_history(page, logs, item), *_credentials(page, credentials, item)])
        advice = advise(class_of(item))
        side = f"It lies with {SIDES[advice.side]}" if advice.side in SIDES else "On whose side it lies is unclear"
        page.say(f"{side}: {advice.because}. What to do, in this order:")
        page.say("\n".join(f"{place}. {step}." for place, step in enumerate(advice.steps, 1)))
        _recent(page, logs, item)


def _about(page: Page, found: Found, item: Mapping[str, Any]) -> list[str]:
    name, error = inline(item["name"]), item.get("error") or {}
    checked = page.time(f"{name}: checked", found.at(item, "checked_at"))
    failures = page.fact(f"{name}: failures in a row", found.at(item, "consecutive_failures"), "count")
    lines = [f"State: **{status_of(page, found, item)}**, checked {checked}; failures in a row: {failures}"]
    if "last_success_at" in item:
        lines.append(f"Last answer: {page.time(f'{name}: last answer', found.at(item, 'last_success_at'))}")
    if error:
        kind = page.state(
            f"{name}: error class", str(error["class"]).replace("_", " "), found.at(item, "error", "class")
        )
        lines.append(f"What it said: {inline(error['message'])} (error class: {kind})")
    return lines


def _history(page: Page, found: Found | None, item: Mapping[str, Any]) -> list[str]:
    log, name = _entry(found, item), inline(item["name"])
    if found is None or log is None:
        page.lacks(f"{name}: recent probes", "this run did not read them")
        return []
    lines = []
    if log.get("down_since"):
        lines.append(f"Down since: {page.time(f'{name}: down since', found.at(log, 'down_since'))}")
    answered = f"{page.fact(f'{name}: uptime', found.at(log, 'uptime'), 'ratio')} of the probes in the window answered"
    for window in log.get("history", [])[:1]:  # the window that was asked for
        up, known = (
            page.fact(f"{name}: {what}", found.at(window, key), "ratio")
            for what, key in (("uptime by time", "uptime"), ("coverage", "coverage"))
        )
        slow = page.fact(f"{name}: latency of nearly all answers", found.at(window, "latency", "p95"), "ms")
        answered += f"; up for {up} of the time, of which {known} is known; nearly all answers within: {slow}"
    return [*lines, answered]


def _credentials(page: Page, found: Found | None, item: Mapping[str, Any]) -> list[str]:
    entry, name = _entry(found, item), inline(item["name"])
    if found is None or entry is None:
        page.lacks(f"{name}: credentials", "this run did not check them")
        return []
    refused = entry.get("last_refused")
    last = f"last refused {page.time('Last refused', found.at(refused, 'at'))}" if refused else "never refused"
    lines = [f"Credentials: {_settings(page, name, entry['state'])}; {last}"]
    if isinstance(entry.get("expires_at"), str):
        renewed = "renewed without a person" if entry.get("renews") else "to be renewed by a person"
        ends = page.time("Credentials end", found.at(entry, "expires_at"))
        lines.append(f"The {inline(entry['of'])} ends {ends}, {renewed}")
    return lines


def _settings(page: Page, name: str, state: Mapping[str, Any]) -> str:
    """The settings by how they are, what is missing first; how one is may not be known."""
    by_word: dict[str, list[str]] = {}
    for key, value in state.items():
        if unknown := unknown_in(value):
            page.lacks(f"{name}: {inline(key)}", unknown.reason)
        by_word.setdefault(_worded(value), []).append(inline(key))
    words = sorted(by_word, key=lambda word: (word != "missing", word != UNMEASURED, word != "present", word))
    if words == ["present"]:
        return "all present"
    told = [f"{word}: {listed(by_word[word])}" for word in words]
    return "; ".join(told) if told else "no settings"


def _worded(value: Any) -> str:
    if unknown_in(value):
        return UNMEASURED
    if isinstance(value, bool):
        return "present" if value else "missing"
    return "not set, and not needed" if value == "absent" else inline(value)


def _recent(page: Page, found: Found | None, item: Mapping[str, Any]) -> None:
    log, name = _entry(found, item), inline(item["name"])
    if found is None or log is None:
        return
    rows = []
    for row in log["rows"][:RECENT]:
        latency = row["latency_ms"]
        rows.append(
            [
                page.time(f"{name}: probed", found.at(row, "at")),
                str(row["status"]),
                "" if latency is None else page.fact(f"{name}: latency", found.at(row, "latency_ms"), "ms"),
                inline(row["message"]) if row["error_class"] else "",
            ]
        )
    page.table(["Probe", "Status", "Latency", "What it said"], rows, right=[2])


def _errors(page: Page, evidence: Evidence) -> None:
    found = evidence.of("getErrorLogs", "groups")
    if found is None or found.unknown:
        return
    groups: Sequence[Mapping[str, Any]] = found.value["groups"]
    if not groups:
        page.say("The platform logged no error that matches.")
    rows = []
    for group in groups[:RECENT]:
        times = page.fact(f"Errors: {inline(group['service'])}", found.at(group, "count"), "count")
        rows.append([inline(group["service"]), str(group["level"]), times, inline(group["message"])])
    page.table(["Service", "Level", "Times", "Message"], rows, right=[2])
    if (more := len(groups) - RECENT) > 0:
        page.say(f"And {plural(more, 'more kind')}, in the run's record.")


def _entry(found: Found | None, item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if found is None or found.unknown:
        return None
    return next((one for one in found.value if one["id"] == item["id"]), None)


def _down(found: Found) -> list[Mapping[str, Any]]:
    """What is offline and ought not to be."""
    return [item for item in found.value if item["status"] == "offline" and not item.get("maintenance")]


def _status(evidence: Evidence) -> Found | None:
    return evidence.of("getIntegrationStatus", "id", "status", "checked_at")


REPORT = ReportKind(
    "Incident report",
    (
        SectionOf("summary", "Summary", _summary),
        ACTION_ITEMS,
        SectionOf("systems", "Systems", _systems),
        SectionOf("errors", "Logged errors", _errors),
        NOT_MEASURED,
    ),
    _prepare,
)
