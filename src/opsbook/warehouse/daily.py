"""The figures of one day, which daily snapshots keep and trends compare with."""

from __future__ import annotations

from datetime import datetime, timedelta

from opsbook.sdk.values import JsonObject
from opsbook.warehouse.activity import active_users, gmv
from opsbook.warehouse.health import errors
from opsbook.warehouse.revenue import mrr_figure
from opsbook.warehouse.signups import signups
from opsbook.warehouse.store import Warehouse

DAY = timedelta(hours=24)
METRICS = {  # what a daily snapshot keeps, and the metric that it is
    "signups": "signups",
    "revenue": "mrr",
    "gmv": "gmv",
    "active_users": "active_users",
    "errors": "error_count",
    "error_rate": "error_rate",
}


def daily_metrics(warehouse: Warehouse, as_of: datetime) -> dict[str, JsonObject]:
    """Each metric over the 24 hours before `as_of` (`revenue`: at it), as a measurement."""
    start = as_of - DAY
    seen = errors(warehouse, start, as_of)
    return {
        "signups": signups(warehouse, start, as_of)[0],
        "revenue": mrr_figure(warehouse, as_of),
        "gmv": gmv(warehouse, start, as_of),
        "active_users": active_users(warehouse, start, as_of),
        "errors": seen["count"],
        "error_rate": seen["rate"],
    }


def daily_terms(warehouse: Warehouse) -> dict[str, str]:
    """The digest of the words that each of the daily metrics is counted by at present."""
    return {kept: warehouse.terms_of(metric) for kept, metric in METRICS.items()}
