"""Read the platform's Firestore collections into the warehouse: everything at first, then what has changed.

Safe to repeat, and to break off: the next call goes on where this one stood. Exits with 1 when a collection had rows
and none of them could be loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import console, show_items
from opsbook.cli.sync._stores import store_of
from opsbook.sdk.errors import InvalidInput
from opsbook.warehouse.sources.firestore import Synced, sync
from opsbook.warehouse.sources.firestore.collections import chosen
from opsbook.warehouse.sources.firestore.rows import Rules

COLUMNS = ("collection", "read", "loaded", "unchanged", "left out", "rejected", "rows now", "how")


def run(
    collections: Annotated[
        list[str] | None, typer.Option("--collections", help="only these; separated by commas, or repeated")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="what changed from this date on, such as 2026-11-01")
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="read every document again")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    named = chosen([name for word in collections or () for name in word.split(",") if name])
    moment = None if since is None else _moment(since)

    async def synced(app: App) -> list[Synced]:
        store, config = store_of(app, "firestore")
        with _bar(quiet=as_json) as bar:
            tasks = {one.name: bar.add_task(one.name, total=None, start=False) for one in named}

            def told(collection: str, read: int) -> None:
                bar.start_task(tasks[collection])
                bar.update(tasks[collection], completed=read)

            rules = Rules(config.subscription_months)
            return await sync(store, app.warehouse, named, rules, since=moment, whole=whole, on_page=told)

    found = with_app(synced)
    if as_json:
        show_items([one.as_json() for one in found], (), as_json=True)
    else:
        _tell(found)
    return 1 if any(one.loading is not None and one.loading.useless for one in found) else 0


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        cure = "Write it as 2026-11-01 or 2026-11-01T09:00:00Z."
        raise InvalidInput(f"{text!r} is no date.", field="since", cure=cure) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _bar(*, quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f} read"))
    hidden = quiet or not console().is_terminal
    return Progress(*columns, TimeElapsedColumn(), console=console(), transient=True, disable=hidden)


def _tell(found: list[Synced]) -> None:
    show_items([_row(one) for one in found], COLUMNS, as_json=False, title="Collections")
    for one in found:
        _list(f"{one.collection}: left out", one.left_out)
        if one.loading is not None:
            _list(f"{one.collection}: rejected", one.loading.reasons)
            _list(f"{one.collection}: loaded, but nobody can read", one.loading.unreadable)
            if one.loading.quarantine:
                console().print(f"Every one of them: {one.loading.quarantine}", markup=False, soft_wrap=True)
        if one.untimed:
            told = f"{one.collection}: {one.untimed:,} documents carry no time that would show a change of them"
            console().print(f"{told}; --whole reads them again.", markup=False, soft_wrap=True)


def _row(one: Synced) -> dict[str, object]:
    how = "everything" if one.whole else "what changed"
    return {
        "collection": one.collection,
        "read": f"{one.read:,}",
        "loaded": f"{one.loading.loaded if one.loading else 0:,}",
        "unchanged": f"{one.unchanged:,}" if one.unchanged else None,
        "left out": f"{sum(one.left_out.values()):,}" if one.left_out else None,
        "rejected": f"{one.loading.rejected:,}" if one.loading and one.loading.rejected else None,
        "rows now": f"{one.total:,}",
        "how": f"{how}, resumed" if one.resumed else how,
    }


def _list(title: str, counts: Mapping[str, int]) -> None:
    if counts:
        listed = ", ".join(f"{what} ({number:,})" for what, number in counts.items())
        console().print(f"{title}: {listed}", markup=False, soft_wrap=True)
