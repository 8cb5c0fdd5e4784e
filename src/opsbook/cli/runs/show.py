"""Show one run: its steps, criteria, alerts and deliveries; with --json all that is known of it."""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show
from opsbook.cli._runs import print_end, print_steps, record
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
    print_steps(told)
    print_end(told)
