"""List threads, the last changed first."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items


def run(
    kind: Annotated[str | None, typer.Option("--type", help="only threads of this type")] = None,
    status: Annotated[str | None, typer.Option(help="only threads with this status")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many at most")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> list[dict[str, Any]]:
        return app.threads.latest(thread_type=kind, status=status, limit=limit)

    columns = ("type", "status", "title", "id", "updated_at")
    show_items(with_app(found), columns, as_json=as_json, title="Threads", under={"id": "title", "status": "type"})
