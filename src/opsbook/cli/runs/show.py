"""Show one run; with --json all that is known of it."""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import coloured, console, show
from opsbook.cli._runs import print_head, print_outcome, print_steps, record
from opsbook.sdk.values import JsonObject


def run(
    run_id: Annotated[str, typer.Argument(help="the run's id")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> JsonObject:
        return record(app, run_id)

    told = with_app(found)
    if as_json:
        show(told, as_json=True)
        return
    print_head(told)
    accepted = str(told["accepted_at"])[:16].replace("T", " ")
    how = f"{told['id']} · version {told['version']} · {told['trigger']}, {accepted}Z"
    console().print(f"[dim]{coloured(how)}[/]")
    print_steps(told)
    print_outcome(told)
