"""List what waits for a decision, the newest first."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items
from opsbook.inbox.approval_views import brief


def run(
    everything: Annotated[bool, typer.Option("--all", help="also what was decided, has expired or is void")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many at most")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> list[dict[str, Any]]:
        rows = app.approvals.rows.latest(state=None if everything else "pending", limit=limit)
        return [brief(row) for row in rows]

    columns = ("state", "title", "id", "deadline")
    show_items(with_app(found), columns, as_json=as_json, title="Approvals", under={"id": "title"})
