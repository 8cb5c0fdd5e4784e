"""Read HubSpot's contacts into the warehouse as leads: all of them at first, then those that have changed.

Safe to repeat, and to break off: the next call goes on where this one stood. Exits with 1 when there were contacts and
none of them could be loaded.
"""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli.sync._stores import feed_of
from opsbook.cli.sync._telling import bar, tell
from opsbook.warehouse.sources._feeds import sync_feed
from opsbook.warehouse.sources._synced import Synced
from opsbook.warehouse.sources.hubspot.contacts import CONTACTS


def run(
    whole: Annotated[bool, typer.Option("--whole", help="read every contact again")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    async def synced(app: App) -> Synced:
        feed, _ = feed_of(app, "hubspot", CONTACTS.name)
        with bar([CONTACTS.name], quiet=as_json) as told:
            return await sync_feed(feed, app.warehouse, CONTACTS, whole=whole, on_page=told)

    return tell([with_app(synced)], CONTACTS.name, as_json=as_json)
