"""What people and consumers did in a window: logins and orders."""

from __future__ import annotations

from datetime import datetime

from opsbook.sdk.values import JsonObject, Unknown, measured
from opsbook.warehouse.figures import figure
from opsbook.warehouse.store import Warehouse


def active_users(warehouse: Warehouse, start: datetime, end: datetime) -> JsonObject:
    """People whose last login is in `[start, end)`.

    A login overwrites the one before, so once somebody has logged in after `end` the count for that window is lost:
    it is unknown then. Past windows come from the daily snapshots instead.
    """
    if missing := warehouse.lacks("users.last_login_at", since=start):
        return missing.as_json()
    row = warehouse.row("active_users", start=start, end=end)
    if row["later"]:
        return Unknown(f"later logins of {row['later']} users overwrote what they did in this period").as_json()
    return measured(row["active"])


def gmv(warehouse: Warehouse, start: datetime, end: datetime) -> JsonObject:
    """What consumers ordered in `[start, end)`, in cents, with `orders`; unknown when it is in several currencies."""
    if missing := warehouse.lacks("orders", since=start):
        return missing.as_json()
    rows = warehouse.rows("gmv", start=start, end=end)
    if len(rows) > 1:
        named = ", ".join(row["currency"] for row in rows)
        return Unknown(f"orders are in several currencies: {named}").as_json()
    return {**figure(sum(row["total_cents"] for row in rows), "cents"), "orders": sum(row["orders"] for row in rows)}
