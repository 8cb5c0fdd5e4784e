"""How the command line prints: tables and words for people, one JSON object for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from opsbook.sdk.values import plain

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
    """The terminal. Without one, lines are as long as they are: a pipe must not cut them."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def show(value: Any, *, as_json: bool) -> None:
    """One value: as JSON on one line, or as text."""
    if as_json or isinstance(value, dict | list):
        typer.echo(json.dumps(plain(value), ensure_ascii=False, indent=None if as_json else 2))
    else:
        typer.echo("null" if value is None else str(value).lower() if isinstance(value, bool) else str(value))


def show_items(items: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, title: str = "") -> None:
    """Rows: `{"items": [...]}` for programs, a table of `columns` for people."""
    if as_json:
        typer.echo(json.dumps({"items": plain(list(items))}, ensure_ascii=False))
        return
    if not items:
        console().print(f"No {title.lower() or 'rows'}.")
        return
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "))
    for item in items:
        table.add_row(*(coloured(item.get(column)) for column in columns))
    console().print(table)


def coloured(value: Any) -> str:
    """A cell: states in their colours, times to the second, nothing for absence."""
    if value is None:
        return ""
    text = str(plain(value)) if not isinstance(value, str) else value
    if hasattr(value, "isoformat"):
        text = value.strftime("%Y-%m-%d %H:%M:%SZ")
    colour = COLOURS.get(text)
    return f"[{colour}]{text}[/]" if colour else text.replace("[", "\\[")
