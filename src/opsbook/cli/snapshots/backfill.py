"""Rebuild the revenue of dates that have none from when contracts began and ended.

What is rebuilt is marked as reconstructed. A date that has revenue keeps it, but for --anew, which counts it by the
definitions of today where it was counted by others; reports keep what they said. Safe to repeat. Exits with 1 when a
date could not be rebuilt, and says why.
"""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show
from opsbook.cli.snapshots._dates import ZONE, dates
from opsbook.tools.snapshotting import Rebuilt, Snapshotter


def run(
    since: Annotated[str, typer.Option("--from", help="the first date, such as 2026-01-01")],
    until: Annotated[str, typer.Option("--to", help="the last date, 400 dates at most; yesterday at the latest")],
    anew: Annotated[
        bool, typer.Option("--anew", help="rebuild as well what was counted by other definitions than today's")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    async def filled(app: App) -> Rebuilt:
        clock = app.world.clock
        first, last = dates(since, until, today=clock.now().astimezone(ZONE).date())
        return await Snapshotter(app.warehouse, app.snapshots, clock).fill(first, last, ZONE, anew=anew)

    found = with_app(filled)
    if as_json:
        show(
            {
                "stored": [day.isoformat() for day in found.stored],
                "kept": [day.isoformat() for day in found.kept],
                "not_rebuilt": [{"date": day.isoformat(), "reason": why} for day, why in found.failed.items()],
            },
            as_json=True,
        )
    else:
        typer.echo(f"{len(found.stored)} dates rebuilt, {len(found.kept)} had their revenue and keep it.")
        for day, why in found.failed.items():
            typer.echo(f"{day} could not be rebuilt: {why}.")
    return 1 if found.failed else 0
