"""List what a run sent or changed outside."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items


def run(
    run_id: Annotated[str, typer.Argument(help="the run's id")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> list[dict[str, Any]]:
        app.operations.get(run_id)
        return app.records.effects.of_run(run_id)

    columns = ("state", "channel", "subject", "recipient", "key")
    under = {"channel": "state", "recipient": "subject", "key": "subject"}
    show_items(with_app(found), columns, as_json=as_json, title="Effects", under=under)
