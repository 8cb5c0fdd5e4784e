"""List runs, newest first."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items
from opsbook.cli._progress import lasted
from opsbook.cli._runs import EXIT_CODES, brief
from opsbook.records.run_pages import RunPages
from opsbook.sdk.errors import InvalidInput

STATES = (*EXIT_CODES, "queued", "running")


def run(
    playbook: Annotated[str | None, typer.Option(help="only runs of this playbook")] = None,
    state: Annotated[str | None, typer.Option(help="only runs in this state")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many at most")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    if state is not None and state not in STATES:
        raise InvalidInput(f"There is no state {state}.", field="--state", cure=f"One of {', '.join(STATES)}.")
    where = {name: value for name, value in (("playbook_id", playbook), ("state", state)) if value}

    async def found(app: App) -> list[dict[str, Any]]:
        rows = RunPages(app.store).page(where, limit)
        steps = app.records.runs.steps_of_many([row["id"] for row in rows])
        return [brief(row, steps[row["id"]]) for row in rows]

    items = with_app(found)
    if as_json:
        show_items(items, (), as_json=True)
        return
    told = [{**item, "took": lasted(item["duration_ms"]), "dry": "dry" if item["dry_run"] else ""} for item in items]
    columns = ("state", "verdict", "playbook_id", "id", "accepted_at", "took", "trigger", "dry", "reason")
    under = {"id": "playbook_id", "trigger": "state", "dry": "verdict", "took": "accepted_at"}
    show_items(told, columns, as_json=False, title="Runs", under=under)
