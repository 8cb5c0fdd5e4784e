"""Read the orders of Alleaves into the warehouse: all of them at first, then those of the last days.

Which of its fields are which columns is declared in the settings. Safe to repeat, and to break off: the next call goes
on where this one stood. Exits with 1 when there were orders and none of them could be loaded.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import console, show_items
from opsbook.cli.sync._stores import feed_of
from opsbook.cli.sync._telling import bar, tell
from opsbook.sdk.values import JsonObject
from opsbook.warehouse.sources._feeds import fields_told, sync_feed
from opsbook.warehouse.sources._synced import Synced
from opsbook.warehouse.sources.alleaves.orders import orders

SHOWN = timedelta(days=90)  # the orders whose fields are shown


def run(
    fields: Annotated[
        bool, typer.Option("--fields", help="show which fields its orders have, no values, and load nothing")
    ] = False,
    whole: Annotated[bool, typer.Option("--whole", help="read every order again")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    return _show_fields(as_json=as_json) if fields else _sync(whole=whole, as_json=as_json)


def _sync(*, whole: bool, as_json: bool) -> int:
    async def synced(app: App) -> Synced:
        feed, config = feed_of(app, "alleaves", "orders")
        records = orders(config.order_fields, config.zone)
        with bar([records.name], quiet=as_json) as told:
            return await sync_feed(feed, app.warehouse, records, whole=whole, on_page=told)

    return tell([with_app(synced)], "orders", as_json=as_json)


def _show_fields(*, as_json: bool) -> int:
    async def found(app: App) -> list[JsonObject]:
        feed, _ = feed_of(app, "alleaves", "orders")
        return await fields_told(feed, app.world.clock.now() - SHOWN)

    told = with_app(found)
    show_items(told, ("field", "holds", "records", "of"), as_json=as_json, title="Fields of its orders")
    if not told and not as_json:
        console().print(f"There is no order of the last {SHOWN.days} days to look at.")
    return 0
