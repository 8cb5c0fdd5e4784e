"""Show what models were asked in a run, and answered.

With what each request cost; secrets stand as stars.
"""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.agents.spending import dollars
from opsbook.agents.transcript import Exchange, exchanges
from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import coloured, console, show_items
from opsbook.sdk.errors import NotFound


def run(
    run_id: Annotated[str, typer.Argument(help="the run's id")],
    step: Annotated[str | None, typer.Option(help="only this step: its id or its path")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> list[Exchange]:
        app.operations.get(run_id)
        steps = {row["path"]: row["step_id"] for row in app.records.runs.steps(run_id)}
        rows = app.desk.models.meter.requests.of_run(run_id)
        chosen = [row for row in rows if step in (None, row["path"], steps.get(row["path"]))]
        if step is not None and not chosen:
            known = ", ".join(dict.fromkeys(str(steps.get(row["path"], row["path"])) for row in rows)) or "none"
            raise NotFound(f"The step {step} asked no model.", cure=f"Steps that did: {known}.")
        return exchanges(chosen)

    held = with_app(found)
    if as_json:
        show_items([one.as_json() for one in held], (), as_json=True)
        return
    if not held:
        console().print("No model was asked.")
    for one in held:
        _print(one)


def _print(one: Exchange) -> None:
    out, row = console(), one.row
    cost = "" if row["micros"] is None else f" · {dollars(row['micros'])}"
    out.print(f"\n[bold]{coloured(row['agent'])}[/] {coloured(row['purpose'])} · {coloured(row['path'])}")
    out.print(f"{coloured(row['model'])} · {coloured(row['state'])} · {coloured(row['asked_at'])}{cost}")
    for turn in one.turns:
        out.print(f"[dim]{turn.role}:[/]")
        out.print(coloured(turn.text))
    if row["error"]:
        out.print(f"[dim]no answer:[/] {coloured(row['error'])}")
