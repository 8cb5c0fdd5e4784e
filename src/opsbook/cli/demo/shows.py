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
from opsbook.cli.demo.mailbox import Letter
from opsbook.sdk.values import unknown_in
from opsbook.warehouse.report import LoadReport

WIDTH = 100
SHOWN = 5  # letters of a campaign, and people left out of it
LONGEST_CELL = 60


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
    words = [f"{table} {report.loaded:,}" for table, report in loaded.items()]
    said("Loaded " + " · ".join(words) + ". Refused 0.")


def print_run(run: Mapping[str, Any]) -> None:
    """A run's end: state, verdict, every criterion, every alert."""
    head = f"[bold]{coloured(run['playbook_name'])}[/]  {coloured(run['state'])} in {lasted(run['duration_ms'])}"
    page().print(f"\n{head}, verdict {coloured(run['verdict'] or 'none')}")
    if why := run.get("reason") or (run.get("error") or {}).get("message"):
        page().print(f"  {coloured(why)}")
    table = _table("Criterion", "Verdict", "Why it is not known")
    for one in run["criteria"] or ():
        table.add_row(coloured(one["name"]), coloured(one["verdict"]), coloured(one["reason"]))
    _print(table)
    table = _table("Alert", "State", "Severity", "Message")
    for one in run["alerts"] or ():
        table.add_row(*(coloured(one.get(key)) for key in ("rule", "state", "severity")), coloured(_message(one)))
    _print(table)


def _message(alert: Mapping[str, Any]) -> str:
    return str(alert.get("message") or alert.get("reason") or "")


def print_report(title: str, markdown: str) -> None:
    """A report in full: rendered in a terminal, as it was written elsewhere."""
    heading(title)
    if page().is_terminal:
        page().print(Markdown(markdown))
    else:
        page().print(markdown, markup=False)


def print_thread(thread: Mapping[str, Any]) -> None:
    """Whose it is, what was said first, and what is attached."""
    heading(f"Thread: {thread['title']}")
    whose = ", ".join(thread["assignees"]) or "nobody"
    page().print(f"[dim]{thread['type']} · {thread['status']} · for {whose} · {thread['id']}[/]")
    for message in thread["messages"]:
        page().print(f"[bold]{coloured(message['author'])}[/]")
        if page().is_terminal:
            page().print(Padding(Markdown(message["body"]), (0, 0, 0, 2)))
        else:
            page().print(message["body"], markup=False)
    for artifact in thread["artifacts"]:
        page().print(f"[dim]attached: {coloured(artifact['title'])} ({artifact['type']}, {artifact['status']})[/]")


def print_campaign(campaign: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """The letters of a draft, the first in full, and who was left out and why. `names` are the organisations'."""
    letters, left_out = campaign["messages"], campaign["exclusions"]
    compliance = campaign["compliance"]["status"]
    said(f"Draft {campaign['campaign_id']}: {campaign['status']}, compliance {compliance}, {len(letters)} letters.")
    table = _table("Organisation", "To", "Why", "Subject")
    for one in letters[:SHOWN]:
        table.add_row(*(coloured(_short(one[key])) for key in ("organization_name", "recipient", "reason", "subject")))
    _print(table)
    if (more := len(letters) - SHOWN) > 0:
        said(f"  and {more} more letters.")
    if letters:
        said("The first letter:")
        page().print(Padding(letters[0]["body"], (0, 0, 0, 4)), markup=False)
    for reason, number in Counter(one["reason"] for one in left_out).most_common():
        who = dict.fromkeys(names.get(one["organization_id"], "") for one in left_out if one["reason"] == reason)
        said(f"  left out, {reason.replace('_', ' ')}: {number} ({', '.join(list(who)[:SHOWN])})")


def print_deliveries(runs: Sequence[Mapping[str, Any]], letters: Sequence[Letter], home: Path) -> None:
    """What reached whom, by channel; mail with the file that keeps it."""
    heading("What was sent")
    table = _table("Channel", "To", "State", "Subject")
    for run in runs:
        for one in run["effects"]:
            if one["channel"] is not None:
                cells = (one["channel"], one["recipient"], one["state"], _short(one["subject"] or ""))
                table.add_row(*(coloured(cell) for cell in cells))
    _print(table)
    if letters:
        said(f"Every mail as it arrived: {home / 'mail'} ({len(letters)} files)")


def print_verdict(runs: Sequence[Mapping[str, Any]]) -> None:
    """What is not met and what could not be measured: the line to read when nothing else is."""
    heading("In short")
    bad, dark = shortfalls(runs)
    page().print("[red]Not met:[/] " + (coloured("; ".join(bad)) or "nothing"))
    page().print("[yellow]Could not be measured:[/] " + (coloured("; ".join(dark)) or "nothing"))


def shortfalls(runs: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """(not met, not measured), each `playbook: criterion`, the latter with its reason."""
    bad, dark = [], []
    for run in runs:
        for one in run["criteria"] or ():
            if one["verdict"] == "not_met":
                bad.append(f"{run['playbook_id']}: {one['id']}")
            elif one["verdict"] == "unknown":
                dark.append(f"{run['playbook_id']}: {one['id']} ({one['reason']})")
    return bad, dark


def unmeasured(value: Any, place: str = "") -> list[str]:
    """Every place in a result that says that it could not be measured, with its reason."""
    if (unknown := unknown_in(value)) is not None:
        return [f"{place}: {unknown.reason}"]
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


def _print(table: Table) -> None:
    if table.row_count:
        page().print(Padding(table, (0, 0, 0, 2)))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
