"""List events, newest first."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items
from opsbook.runs.inbound import EventState


def run(
    source: Annotated[str | None, typer.Option(help="only events of this sender")] = None,
    state: Annotated[EventState | None, typer.Option(help="only events in this state")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many at most")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> list[dict[str, Any]]:
        where = {name: str(value) for name, value in (("source", source), ("state", state)) if value is not None}
        rows = app.inbound.events.latest(where, limit)
        return [{name: value for name, value in row.items() if name not in HIDDEN} for row in rows]

    columns = ("state", "name", "id", "received_at", "reason")
    show_items(with_app(found), columns, as_json=as_json, title="Events", under={"id": "name", "reason": "state"})


HIDDEN = ("body", "opt_out", "receipt", "dedup_key")
