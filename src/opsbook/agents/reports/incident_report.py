"""The incident report: each system that is down, since when, on whose side it lies, what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsbook.agents.evidence import Evidence, Found
from opsbook.agents.page import Page
from opsbook.agents.reports._sections import ReportKind, SectionOf, closing_sections, dark, named, status_counts
from opsbook.agents.wording import inline, listed, plural
from opsbook.sdk.values import unknown_in
from opsbook.tools._advice import Advice, advise

RECENT = 5  # probe rows shown for each system


def _prepare(page: Page, evidence: Evidence) -> None:
    found = _status(evidence)
    if dark(page, "Integration status", found) or found is None:
        return
    for item in _down(found):
        advice = _advice(item)
        name, *more = inline(item["name"]), *advice.steps
        rests_on = f"{found.name}: {_class_of(item) or 'no error class'}."
        page.act(1, f"{name}: {more[0][:1].lower()}{more[0][1:]}.", f"It lies with {_side(advice)}.", rests_on)


def _summary(page: Page, evidence: Evidence) -> None:
    found = _status(evidence)
    if found is None or found.unknown:
        page.say("Which systems are down could not be told.")
        return
    page.state("Systems by status", status_counts(found.value), found.name)
    down = named(found.value, "offline")
    slow = named(found.value, "degraded")
    for item in found.value:
        if item["status"] == "degraded":
            page.state(f"{inline(item['name'])}: status", "degraded", found.name)
    lines = [f"Offline: {down}." if down else "No system is offline."]
    lines += [f"Degraded: {slow}."] if slow else []
    page.say(" ".join([*lines, f"Of all asked: {status_counts(found.value)}."]))


def _systems(page: Page, evidence: Evidence) -> None:
    found = _status(evidence)
    if found is None or found.unknown:
        return
    logs, credentials = evidence.of("getIntegrationLogs", "rows", "uptime"), evidence.of("checkCredentials", "state")
    for item in _down(found):
        page.say(f"### {inline(item['name'])}")
        page.bullets(_about(page, found, item))
        page.bullets(_history(page, logs, item))
        page.bullets(_credentials(page, credentials, item))
        advice = _advice(item)
        page.say(f"Likely side: {_side(advice)}, because {advice.because}. Next: {listed(list(advice.steps))}.")
        _recent(page, logs, item)


def _about(page: Page, found: Found, item: Mapping[str, Any]) -> list[str]:
    name, error = inline(item["name"]), item.get("error") or {}
    lines = [
        f"State: {page.state(f'{name}: status', str(item['status']), found.name)}, checked "
        f"{page.time(f'{name}: checked', item['checked_at'], found.name)}"
    ]
    if "last_success_at" in item:
        lines.append(f"Last answer: {page.time(f'{name}: last answer', item['last_success_at'], found.name)}")
    failures = page.fact(f"{name}: failures in a row", item["consecutive_failures"], "count", found.name)
    lines.append(f"Failures in a row: {failures}")
    if error:
        kind = page.state(f"{name}: error class", str(error["class"]), found.name)
        lines.append(f"Error: {kind}, {inline(error['message'])}")
    return lines


def _history(page: Page, found: Found | None, item: Mapping[str, Any]) -> list[str]:
    log, name = _entry(found, item), inline(item["name"])
    if found is None or log is None:
        return ["Recent probes: could not be measured: this run did not read them"]
    lines = [f"Uptime in the window: {page.fact(f'{name}: uptime', log['uptime'], 'ratio', found.name)}"]
    for window in log.get("history", [])[:1]:  # the window that was asked for
        up, known = (
            page.fact(f"{name}: {what}", window[key], "ratio", found.name)
            for what, key in (("uptime by time", "uptime"), ("coverage", "coverage"))
        )
        slow = page.fact(f"{name}: latency of nearly all answers", window["latency"]["p95"], "ms", found.name)
        lines.append(f"By time: up {up}, known for {known} of it; nearly all answers within: {slow}")
    if log.get("down_since"):
        lines.append(f"Down since: {page.time(f'{name}: down since', log['down_since'], found.name)}")
    return lines


def _credentials(page: Page, found: Found | None, item: Mapping[str, Any]) -> list[str]:
    entry = _entry(found, item)
    if found is None or entry is None:
        return ["Credentials: could not be measured: this run did not check them"]
    state = listed([f"{inline(key)} {_worded(value)}" for key, value in entry["state"].items()])
    refused = entry.get("last_refused")
    last = f"last refused {page.time('Last refused', refused['at'], found.name)}" if refused else "never refused"
    lines = [f"Credentials: {state or 'no settings'}; {last}"]
    if isinstance(ends := entry.get("expires_at"), str):
        renewed = "renewed without a person" if entry.get("renews") else "to be renewed by a person"
        lines.append(f"The {inline(entry['of'])} ends {page.time('Credentials end', ends, found.name)}, {renewed}")
    return lines


def _worded(value: Any) -> str:
    if unknown := unknown_in(value):
        return f"could not be measured ({inline(unknown.reason)})"
    if isinstance(value, bool):
        return "present" if value else "missing"
    return inline(value)


def _recent(page: Page, found: Found | None, item: Mapping[str, Any]) -> None:
    log, name = _entry(found, item), inline(item["name"])
    if found is None or log is None:
        return
    rows = []
    for row in log["rows"][:RECENT]:
        latency = row["latency_ms"]
        rows.append(
            [
                page.time(f"{name}: probed", row["at"], found.name),
                str(row["status"]),
                "" if latency is None else page.fact(f"{name}: latency", latency, "ms", found.name),
                inline(f"{row['error_class']}: {row['message']}") if row["error_class"] else "",
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
        times = page.fact(f"Errors: {inline(group['service'])}", group["count"], "count", found.name)
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


def _class_of(item: Mapping[str, Any]) -> str | None:
    return (item.get("error") or {}).get("class")


def _advice(item: Mapping[str, Any]) -> Advice:
    return advise(_class_of(item))


def _side(advice: Advice) -> str:
    return {
        "ours": "us",
        "theirs": "the vendor",
        "credentials": "the credentials",
        "network": "the network or the vendor's reach",
    }.get(advice.side, "neither side clearly")


def _status(evidence: Evidence) -> Found | None:
    return evidence.of("getIntegrationStatus", "id", "status", "checked_at")


REPORT = ReportKind(
    "Incident report",
    (
        SectionOf("summary", "Summary", _summary),
        SectionOf("systems", "Systems", _systems),
        SectionOf("errors", "Logged errors", _errors),
        *closing_sections(),
    ),
    _prepare,
)
