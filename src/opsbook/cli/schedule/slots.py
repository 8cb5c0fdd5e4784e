"""List what was due, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items


def run(
    playbook: Annotated[str | None, typer.Option(help="only those of this playbook")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many at most")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> list[dict[str, Any]]:
        return app.slots.latest(playbook, limit)

    columns = ("state", "due_at", "playbook_id", "slot", "run_id", "reason")
    show_items(with_app(found), columns, as_json=as_json, title="Slots", under={"run_id": "slot", "due_at": "state"})
