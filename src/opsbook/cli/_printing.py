"""How the command line prints: tables and words for people, one JSON object for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from opsbook.sdk.values import plain

WIDE = 120  # columns; below that tables put ids under what they name
WHOLE = frozenset({"id", "run_id", "key", "state", "status", "verdict", "severity", "took"})  # never cut, never folded
COLOURS = {
    "succeeded": "green",
    "met": "green",
    "online": "green",
    "done": "green",
    "completed": "green",
    "warn": "yellow",
    "partial": "yellow",
    "degraded": "yellow",
    "unknown": "yellow",
    "waiting": "yellow",
    "uncertain": "yellow",
    "not_met": "red",
    "failed": "red",
    "offline": "red",
    "timed_out": "red",
    "skipped": "dim",
    "not_configured": "dim",
}


@cache
def console() -> Console:
    """The terminal. Without one, lines are long unless COLUMNS says how long: a pipe must not cut them."""
    measured = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if measured else 160)


def show(value: Any, *, as_json: bool) -> None:
    """One value: as JSON on one line, or as text."""
    if as_json or isinstance(value, dict | list):
        typer.echo(json.dumps(plain(value), ensure_ascii=False, indent=None if as_json else 2))
    else:
        typer.echo("null" if value is None else str(value).lower() if isinstance(value, bool) else str(value))


def show_items(
    items: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    as_json: bool,
    title: str = "",
    under: Mapping[str, str] | None = None,
) -> None:
    """Rows: `{"items": [...]}` for programs, a table of `columns` for people, without those that are empty throughout.

    `under` says which column goes below which other one where lines are short, so that an id stays whole.
    """
    if as_json:
        typer.echo(json.dumps({"items": plain(list(items))}, ensure_ascii=False))
        return
    if not items:
        console().print(f"No {title.lower() or 'rows'}.")
        return
    filled = [column for column in columns if any(item.get(column) not in (None, "") for item in items)]
    console().print(_table(items, filled, title, (under or {}) if console().width < WIDE else {}))


def _table(items: Sequence[Mapping[str, Any]], columns: Sequence[str], title: str, under: Mapping[str, str]) -> Table:
    table = Table(title=title or None, title_justify="left", title_style="bold", header_style="dim", box=None)
    table.padding, table.pad_edge = (0, 2, 0, 0), False
    upper = [column for column in columns if under.get(column) not in columns]
    for column in upper:
        below = [lower for lower in columns if under.get(lower) == column and lower in WHOLE]
        longest = max((len(str(item.get(lower) or "")) for lower in below for item in items), default=None)
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=column in WHOLE, min_width=longest)
    for item in items:
        cells = {column: [coloured(item.get(column))] for column in upper}
        for column in columns:
            if column not in cells and item.get(column) not in (None, ""):
                cells[under[column]].append(f"[dim]{coloured(item.get(column))}[/]")
        table.add_row(*("\n".join(cell) for cell in cells.values()))
    return table


def coloured(value: Any) -> str:
    """A cell: states in their colours, times to the minute in UTC, yes and no, nothing for absence."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(plain(value)) if not isinstance(value, str) else value
    if isinstance(value, datetime):
        text = f"{value:%Y-%m-%d %H:%MZ}"
    colour = COLOURS.get(text)
    return f"[{colour}]{text}[/]" if colour else text.replace("[", "\\[")
