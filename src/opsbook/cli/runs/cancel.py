"""Ask a run to stop before its next step. Its `finally` steps still run."""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show
from opsbook.sdk.errors import Conflict


def run(
    run_id: Annotated[str, typer.Argument(help="the run's id")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def stopped(app: App) -> str:
        if not app.operations.cancel(run_id):
            state = app.operations.get(run_id)["state"]
            raise Conflict(f"{run_id} is over.", cure=f"It ended as {state}.", code="already_over")
        return str(app.operations.get(run_id)["state"])

    state = with_app(stopped)
    told = {"id": run_id, "state": state, "stop_requested": True}
    show(told if as_json else f"{run_id} stops before its next step.", as_json=as_json)
