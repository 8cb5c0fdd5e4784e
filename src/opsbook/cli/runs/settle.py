"""Say whether an uncertain effect arrived: done or failed.

Nothing is sent. Look at the other side first; the reason is kept with the effect.
"""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show
from opsbook.sdk.errors import Conflict, InvalidInput

STATES = ("done", "failed")


def run(
    key: Annotated[str, typer.Argument(help="the effect's key, from `runs effects`")],
    state: Annotated[str, typer.Argument(help="done or failed")],
    reason: Annotated[str, typer.Option(help="how you know")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    if state not in STATES:
        raise InvalidInput(f"{state} is not an outcome.", field="state", cure="Write done or failed.")
    if not reason.strip():
        raise InvalidInput("The reason is empty.", field="--reason", cure="Say how you know, for those who read it.")

    async def settled(app: App) -> dict[str, Any]:
        by = f"cli:{getpass.getuser()}"
        row = app.records.effects.settle(key, state, by, reason.strip(), app.world.clock.now())
        if row is None:
            raise Conflict(
                f"No uncertain effect has the key {key}.",
                cure="`opsbook runs effects RUN` lists a run's effects with their states.",
                code="not_uncertain",
            )
        return row

    row = with_app(settled)
    show(row if as_json else f"{row['key']} is {row['state']}.", as_json=as_json)
