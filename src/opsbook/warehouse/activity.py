"""What people and consumers did in a window: logins and orders."""

from __future__ import annotations

from datetime import datetime

from opsbook.sdk.values import JsonObject, Unknown
from opsbook.warehouse.figures import Seen, measure
from opsbook.warehouse.store import Warehouse


def active_users(warehouse: Warehouse, start: datetime, end: datetime) -> JsonObject:
    """People whose last login is in `[start, end)`.

    A login overwrites the one before, so once somebody has logged in after `end` the count for that window is lost:
    it is unknown then. Past windows come from the daily snapshots instead.
    """
    return measure(warehouse, "active_users", start, end, _active(warehouse, start, end))


def _active(warehouse: Warehouse, start: datetime, end: datetime) -> Seen | Unknown:
    if missing := warehouse.lacks("users.last_login_at", since=start):
        return missing
    row = warehouse.row("active_users", start=start, end=end)
    why = f"later logins of {row['later']} users overwrote what they did in this period" if row["later"] else ""
    known = row["people"] - row["absent"]
    return Seen(row["active"], row["active"], known, row["unread"], why)


def gmv(warehouse: Warehouse, start: datetime, end: datetime) -> JsonObject:
    """What consumers ordered in `[start, end)`, in cents, with `orders`; unknown when it is in several currencies."""
    missing = warehouse.lacks("orders", since=start)
    rows = [] if missing else warehouse.rows("gmv", start=start, end=end)
    if len(rows) > 1:
        missing = Unknown(f"orders are in several currencies: {', '.join(row['currency'] for row in rows)}")
    orders = sum(row["orders"] for row in rows)
    seen = missing or Seen(sum(row["total_cents"] for row in rows), orders)
    found = measure(warehouse, "gmv", start, end, seen)
    return found if missing else {**found, "orders": orders}
