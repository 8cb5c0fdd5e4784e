"""List the dates whose figures are kept: revenue, who paid, measured or reconstructed, and how many metrics.

Without dates the last 30. A date without revenue was not taken, which is not a date of none.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items
from opsbook.cli.snapshots._dates import ZONE, dates
from opsbook.records.snapshots import DayTaken

SHOWN = timedelta(days=29)


def run(
    since: Annotated[str | None, typer.Option("--from", help="the first date, such as 2026-11-01")] = None,
    until: Annotated[str | None, typer.Option("--to", help="the last date; today")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> list[DayTaken]:
        today = app.world.clock.now().astimezone(ZONE).date()
        last = until or today.isoformat()
        _, end = dates(last, last, today=today)
        return app.snapshots.days(*dates(since or (end - SHOWN).isoformat(), last, today=today))

    columns = ("date", "mrr_cents", "organizations", "revenue", "metrics_known", "metrics_unknown")
    show_items([_told(one) for one in with_app(found)], columns, as_json=as_json, title="Snapshots")


def _told(day: DayTaken) -> dict[str, Any]:
    kinds = {None: "not taken", True: "reconstructed", False: "measured"}
    return {
        "date": day.local_date.isoformat(),
        "mrr_cents": day.mrr_cents,
        "organizations": day.organizations,
        "revenue": kinds[day.reconstructed],
        "taken_at": day.taken_at and day.taken_at.isoformat(),
        "metrics_known": day.metrics_known,
        "metrics_unknown": day.metrics_unknown,
    }
