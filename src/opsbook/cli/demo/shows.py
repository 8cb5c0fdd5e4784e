"""How the demo tells what happened: short where it can be, whole where it matters, never wider than a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.table import Table

from opsbook.cli._printing import coloured
from opsbook.cli._progress import lasted
from opsbook.cli._runs import by_whom
from opsbook.cli.demo.mailbox import Letter
from opsbook.inbox.invitations import commands, until
from opsbook.sdk.values import unknown_in
from opsbook.warehouse.report import LoadReport
from opsbook.warehouse.tables import TABLES

WIDTH = 100
COLUMNS = 4  # tables named in one line
SHOWN = 5  # letters of a campaign, and people left out of it
PLACES = 3  # of those that could not be measured for the same reason
LONGEST = 90  # characters of a subject


@cache
def page() -> Console:
    """The terminal, at most a page wide."""
    found = Console(highlight=False)
    return Console(highlight=False, width=min(WIDTH, found.width) if found.is_terminal else WIDTH)


def heading(text: str) -> None:
    page().print()
    page().rule(f"[bold]{coloured(text)}[/]", align="left", style="dim")


def said(text: str) -> None:
    """One paragraph of plain words."""
    page().print(coloured(text))


def print_loaded(loaded: Mapping[str, LoadReport]) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    cells = [cell for name in TABLES for cell in (name, f"{loaded[name].loaded:,}")]
    for _ in range(COLUMNS):
        table.add_column(style="dim")
        table.add_column(justify="right")
    for start in range(0, len(cells), 2 * COLUMNS):
        table.add_row(*cells[start : start + 2 * COLUMNS])
    said("Rows loaded, none refused:")
    _print(table)


def print_run(run: Mapping[str, Any]) -> None:
    """A run's end: state, verdict, every criterion, every alert."""
    head = f"[bold]{coloured(run['playbook_name'])}[/]  {coloured(run['state'])} in {lasted(run['duration_ms'])}"
    page().print(f"\n{head}, verdict {coloured(run['verdict'] or 'none')}")
    if why := run.get("reason") or (run.get("error") or {}).get("message"):
        page().print(f"  {coloured(why)}")
    table = _table("Criterion", "Verdict")
    for one in run["criteria"] or ():
        verdict = coloured(one["verdict"]) + (f": {coloured(one['reason'])}" if one["reason"] else "")
        table.add_row(coloured(one["name"]), verdict)
    _print(table)
    table = _table("Alert", "State", "Severity", "Message")
    for one in run["alerts"] or ():
        table.add_row(*(coloured(one.get(key)) for key in ("rule", "state", "severity")), coloured(_message(one)))
    _print(table)


def _message(alert: Mapping[str, Any]) -> str:
    return str(alert.get("message") or alert.get("reason") or "")


def reports_of(runs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The reports that runs wrote: the name of each by its text."""
    found = {}
    for run in runs:
        for name, value in (run["results"] or {}).items():
            if isinstance(value, str) and name.endswith("report"):
                found[value] = name.replace("_", " ")
    return found


def print_report(title: str, markdown: str) -> None:
    """A report in full: rendered in a terminal, as it was written elsewhere."""
    heading(title)
    _print_markdown(markdown)


def print_thread(thread: Mapping[str, Any], shown: Mapping[str, str]) -> None:
    """Whose it is, what was said first, and what is attached. `shown` are reports that were printed, by their text."""
    heading(f"Thread: {thread['title']}")
    whose = ", ".join(thread["assignees"]) or "nobody"
    page().print(f"[dim]{thread['type']} · {thread['status']} · for {whose} · {thread['id']}[/]")
    for message in thread["messages"]:
        if before := next((name for text, name in shown.items() if text.strip() == message["body"].strip()), None):
            page().print(f"[bold]{coloured(message['author'])}[/] posted the {before} as printed above.")
            continue
        page().print(f"[bold]{coloured(message['author'])}[/]")
        _print_markdown(message["body"].strip())
    for artifact in thread["artifacts"]:
        page().print(f"[dim]attached: {coloured(artifact['title'])} ({artifact['type']}, {artifact['status']})[/]")


def _print_markdown(text: str) -> None:
    """Elsewhere than in a terminal a table's row stays one line, however long: cut in two it is no table."""
    if page().is_terminal:
        page().print(Markdown(text))
        return
    for line in text.splitlines():
        page().print(line, markup=False, soft_wrap=line.startswith("|"))


def print_campaign(campaign: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """The letters of a draft, the first in full, and who was left out and why. `names` are the organisations'."""
    letters, left_out = campaign["messages"], campaign["exclusions"]
    compliance = campaign["compliance"]["status"]
    page().print()
    said(f"The draft is {campaign['status'].replace('_', ' ')}, compliance {compliance}, {len(letters)} letters:")
    for one in letters[:SHOWN]:
        _indented(2, f"[bold]{coloured(one['organization_name'])}[/] ({coloured(one['reason'].replace('_', ' '))})")
        _indented(4, f"{coloured(one['subject'])}")
        _indented(4, f"[dim]{coloured(one['recipient'])}[/]")
    if (more := len(letters) - SHOWN) > 0:
        said(f"  and {more} more.")
    for reason, number in Counter(one["reason"] for one in left_out).most_common():
        who = dict.fromkeys(names.get(one["organization_id"], "") for one in left_out if one["reason"] == reason)
        _indented(2, coloured(f"left out, {reason.replace('_', ' ')}: {number} ({', '.join(list(who)[:SHOWN])})"))
    if letters:
        said("The first letter:")
        for line in letters[0]["body"].strip().splitlines():
            _indented(4, coloured(line))


def print_approval(approval: Mapping[str, Any], able: Sequence[str]) -> None:
    """What waits for a decision: by whom, until when, about which content, and the commands that decide."""
    page().print()
    if approval["state"] != "pending":
        said(f"The approval is {approval['state']}: {approval['reason']}")
        return
    said(f"It waits for a decision by {' or '.join(able) or 'nobody'}, until {until(approval)}.")
    said("What is decided about is frozen; a changed letter needs another decision. The content's digest:")
    _indented(4, approval["digest"])
    who = f" --as {able[0]}" if able else ""
    for command in (f"opsbook approvals show {approval['id']}", *commands(approval["id"])):
        _indented(4, coloured(f"{command}{who if 'show' not in command else ''}"))


def print_deliveries(runs: Sequence[Mapping[str, Any]], letters: Sequence[Letter], home: Path) -> None:
    """What reached whom, by message and channel; mail with the folder that keeps it."""
    heading("What was sent")
    to: dict[tuple[str, str, str], list[str]] = {}
    for run in runs:
        for one in run["effects"]:
            if one["channel"] and "taken_over_by" not in one:
                way = f" by {by}" if (by := by_whom(one)) else ""
                to.setdefault((one["subject"] or "", one["channel"], one["state"]), []).append(one["recipient"] + way)
    before = ""
    for (subject, channel, state), recipients in to.items():
        if subject != before:
            _indented(2, f"[bold]{coloured(_short(subject))}[/]")
        _indented(4, f"{channel} {coloured(state)}: {coloured(', '.join(recipients))}")
        before = subject
    if letters:
        said(f"Every mail as it arrived: {home / 'mail'} ({len(letters)} files)")


def print_verdict(runs: Sequence[Mapping[str, Any]]) -> None:
    """What is not met and what could not be measured: the lines to read when nothing else is."""
    heading("In short")
    bad, dark = failed_of(runs), gaps_of(runs)
    page().print("[red]Not met[/]" if bad else "[green]Every criterion is met or only warns.[/]")
    for playbook, names in bad.items():
        _indented(2, coloured(playbook))
        for name in names:
            _indented(4, coloured(name))
    page().print(
        "[yellow]Could not be measured[/]" if dark else "[green]Everything that was asked for was measured.[/]"
    )
    for reason, places in dark.items():
        _indented(2, coloured(reason))
        for place in places[:PLACES]:
            _indented(4, f"[dim]{coloured(place)}[/]")
        if (more := len(places) - PLACES) > 0:
            _indented(4, f"[dim]and {more} more of the kind[/]")


def shortfalls(runs: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """(not met, not measured), a line each: criteria by their run, and every place that could not be measured."""
    bad = [f"{playbook}: {'; '.join(names)}" for playbook, names in failed_of(runs).items()]
    return bad, [f"{place}: {reason}" for reason, places in gaps_of(runs).items() for place in places]


def failed_of(runs: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The criteria that are not met, by the name of their playbook."""
    found = {}
    for run in runs:
        names = [one["name"] for one in run["criteria"] or () if one["verdict"] == "not_met"]
        if names:
            found[str(run["playbook_name"])] = names
    return found


def gaps_of(runs: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Why something could not be measured, by reason: the criteria and the places in results that it left open."""
    found = dict[str, dict[str, None]]()
    for run in runs:
        for one in run["criteria"] or ():
            if one["verdict"] == "unknown":
                found.setdefault(one["reason"], {})[one["name"]] = None
        skipped = {f"{step['id']} was skipped" for step in run["steps"] if step["status"] == "skipped"}
        for place, reason in unmeasured(run["results"] or {}):
            if reason not in skipped:
                found.setdefault(reason, {})[place] = None
    return {reason: list(places) for reason, places in found.items()}


def unmeasured(value: Any, place: str = "") -> list[tuple[str, str]]:
    """Every place in a result that says that it could not be measured, with its reason."""
    if (unknown := unknown_in(value)) is not None:
        return [(place, unknown.reason)]
    if isinstance(value, Mapping):
        return [line for key, part in value.items() for line in unmeasured(part, f"{place}.{key}".lstrip("."))]
    if isinstance(value, list):
        return [line for index, part in enumerate(value) for line in unmeasured(part, f"{place}[{index}]")]
    return []


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _indented(columns: int, markup: str) -> None:
    page().print(Padding(markup, (0, 0, 0, columns), expand=False))


def _print(table: Table) -> None:
    if table.row_count:
        page().print(Padding(table, (0, 0, 0, 2), expand=False))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
