"""Read the platform's Firestore collections into the warehouse: everything at first, then what has changed.

Safe to repeat, and to break off: the next call goes on where this one stood. Exits with 1 when a collection had rows
and none of them could be loaded.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli.sync._stores import store_of
from opsbook.cli.sync._telling import bar, tell
from opsbook.sdk.errors import InvalidInput
from opsbook.warehouse.sources.firestore import Synced, sync
from opsbook.warehouse.sources.firestore.collections import chosen
from opsbook.warehouse.sources.firestore.rows import Rules


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
        rules = Rules(config.subscription_months)
        with bar([one.name for one in named], quiet=as_json) as told:
            return await sync(store, app.warehouse, named, rules, since=moment, whole=whole, on_page=told)

    return tell(with_app(synced), "collections", as_json=as_json)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        cure = "Write it as 2026-11-01 or 2026-11-01T09:00:00Z."
        raise InvalidInput(f"{text!r} is no date.", field="since", cure=cure) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
