"""Explain a metric: definition, query, figure, the rows behind it, and what was left out and why.

The metrics and their conditions stand in docs/reference/warehouse.md.
"""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from opsbook.app import App
from opsbook.cli._explained import print_explanation
from opsbook.cli._moments import moment
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show
from opsbook.playbooks.zones import zone as zone_named
from opsbook.sdk.errors import InvalidInput
from opsbook.warehouse.explanation import Explanation, explain

NEW_YORK = "America/New_York"  # whose local dates the suite's snapshots have


def run(
    name: Annotated[str, typer.Argument(help="signups, mrr_growth, churn_rate …")],
    at: Annotated[
        str | None, typer.Option(help="the end of the window, with its zone: 2026-11-24T08:00-05:00; default: now")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=366, help="its length; default: the metric's usual one")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, max=100_000, help="how many of the rows at most")] = 20,
    timezone: Annotated[str, typer.Option(help="whose local dates the snapshots have")] = NEW_YORK,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    end, zone = moment(at, "--at") if at is not None else None, _zone(timezone)

    async def found(app: App) -> Explanation:
        until = end or app.world.clock.now()
        return explain(app.warehouse, name, until, days=days, limit=limit, snapshots=app.snapshots, zone=zone)

    told = with_app(found)
    if as_json:
        show(told.as_json(), as_json=True)
        return
    print_explanation(told)


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except ValueError as error:
        cure = "Write it like America/New_York."
        raise InvalidInput(f"{name} is no time zone.", field="--timezone", cure=cure) from error
