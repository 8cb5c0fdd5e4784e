"""Show one event: what came with it, and what it started."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import coloured, console, show
from opsbook.sdk.errors import NotFound


def run(
    event_id: Annotated[str, typer.Argument(help="the event's id")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> dict[str, Any]:
        row = app.inbound.events.get(event_id)
        if row is None:
            raise NotFound(f"There is no event {event_id}.", cure="`opsbook events list` shows the latest.")
        return {name: value for name, value in row.items() if name != "dedup_key"}

    event = with_app(found)
    if as_json:
        show(event, as_json=True)
        return
    out = console()
    out.print(f"[bold]{coloured(event['name'])}[/] {coloured(event['state'])} · {coloured(event['received_at'])}")
    if event["reason"]:
        out.print(coloured(event["reason"]))
    outcome = event["outcome"] or {}
    for playbook_id, run_id in outcome.get("started", {}).items():
        out.print(f"started {coloured(playbook_id)}: {coloured(run_id)}")
    for playbook_id, why in outcome.get("not_started", {}).items():
        out.print(f"did not start {coloured(playbook_id)}: {coloured(why)}")
    out.print(coloured(json.dumps(event["body"], indent=2, ensure_ascii=False)))
