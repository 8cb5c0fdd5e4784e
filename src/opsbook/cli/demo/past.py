"""The sample platform's past: its probes of the last day, and snapshots rebuilt from what the warehouse still knows.

What cannot be rebuilt (who logged in on a past day: each login overwrites the one before) stays unknown.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from opsbook.app import App
from opsbook.cli.demo.world import probe_history
from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.values import JsonObject, Unknown
from opsbook.tools.snapshotting import Snapshotter
from opsbook.warehouse import Warehouse
from opsbook.warehouse.daily import daily_metrics
from opsbook.warehouse.figures import figure
from opsbook.warehouse.revenue import reconstruct_mrr

REVENUE_DAYS, METRIC_DAYS = 60, 7
ZONE = ZoneInfo("America/New_York")  # whose local dates the snapshots have, as the playbooks' schedules do


async def remember(app: App, as_of: datetime, seed: int) -> tuple[int, int]:
    """Write it down; answers how many probes and how many days of revenue. What stands already is left alone."""
    reports = probe_history(app.integrations, as_of, Random(seed))  # noqa: S311 sample data, not secrets
    await asyncio.to_thread(app.probes.record_all, reports)
    days = await Snapshotter(app.warehouse, app.snapshots, app.world.clock).reconstruct(REVENUE_DAYS, ZONE)
    if isinstance(days, Unknown):
        raise NeverWorks(f"The sample company's past cannot be rebuilt: {days.reason}.", code="bad_sample")
    for back in range(METRIC_DAYS, 0, -1):
        at = as_of - timedelta(days=back)
        metrics = await asyncio.to_thread(_metrics, app.warehouse, at)
        day, now = at.astimezone(ZONE).date(), app.world.clock.now()
        await app.snapshots.take_metrics(day, metrics, taken_at=now, reconstructed=True)
    return len(reports), days


def _metrics(warehouse: Warehouse, at: datetime) -> dict[str, JsonObject]:
    """A past day's figures. Revenue is the rebuilt one: contracts' present status says nothing of that day."""
    found = reconstruct_mrr(warehouse, at.astimezone(ZONE).date(), ZONE)
    revenue = figure(found if isinstance(found, Unknown) else sum(found.values()), "cents")
    return {**daily_metrics(warehouse, at), "revenue": revenue}
