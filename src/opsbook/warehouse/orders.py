"""What was ordered: the history of organisations, and how consumers come back or fall silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opsbook.sdk.values import JsonObject, Unknown, plain
from opsbook.warehouse.store import Warehouse

TOP = 3


@dataclass(frozen=True)
class Silence:
    """Consumers whose last order is more than `days` whole days old, of all who ever ordered."""

    days: int
    silent: int
    consumers: int


def histories(warehouse: Warehouse, organizations: Sequence[str], as_of: datetime) -> dict[str, JsonObject] | Unknown:
    """For each organisation `{count, consumers, first_order_at, last_order_at, recent_orders, earlier_orders,
    total_cents, average_cents, top_products}`; one without orders has a count of 0 and no times. `recent_orders` are
    those of the 90 days that end with its last one, `earlier_orders` of the 90 before. Sums in several currencies are
    unknown.
    """
    if missing := warehouse.lacks("orders"):
        return missing
    if not organizations:
        return {}
    ids = sorted(set(organizations))
    rows = warehouse.rows("order_history", organizations=ids, as_of=as_of, most=TOP)
    found = {row["organization_id"]: row for row in rows}
    return {key: _history(found.get(key)) for key in ids}


def _history(row: dict[str, Any] | None) -> JsonObject:
    if row is None:
        return {
            "count": 0,
            "consumers": 0,
            "first_order_at": None,
            "last_order_at": None,
            "recent_orders": 0,
            "earlier_orders": 0,
            "total_cents": 0,
            "average_cents": None,
            "top_products": [],
        }
    mixed = len(row["currencies"]) > 1
    several = Unknown(f"orders are in several currencies: {', '.join(row['currencies'])}").as_json()
    return {
        "count": row["orders"],
        "consumers": row["consumers"],
        "first_order_at": plain(row["first_order_at"]),
        "last_order_at": plain(row["last_order_at"]),
        "recent_orders": row["recent_orders"],
        "earlier_orders": row["earlier_orders"],
        "total_cents": several if mixed else row["total_cents"],
        "average_cents": several if mixed else round(row["total_cents"] / row["orders"]),
        "top_products": row["top_products"],
    }


def consumers_by_silence(warehouse: Warehouse, as_of: datetime, days: Sequence[int]) -> list[Silence] | Unknown:
    """One entry for each of the days, in rising order."""
    if missing := warehouse.lacks("orders.consumer_id"):
        return missing
    rows = warehouse.rows("consumers_by_silence", as_of=as_of, days=sorted(set(days)))
    return [Silence(row["days"], row["silent"], row["consumers"]) for row in rows]


def consumer_cohorts(warehouse: Warehouse, as_of: datetime) -> dict[str, list[int]] | Unknown:
    """For each month of first orders (`1997-01`) how many ordered in it and in each following one, up to the last.

    Months in which nobody of a cohort ordered count 0; the list ends with the last month that had any order at all.
    """
    if missing := warehouse.lacks("orders.consumer_id"):
        return missing
    rows = warehouse.rows("consumer_cohorts", as_of=as_of)
    if not rows:
        return {}
    last = max(_month(row["cohort"]) + row["month"] for row in rows)
    found: dict[str, list[int]] = {}
    for row in rows:
        counts = found.setdefault(f"{row['cohort']:%Y-%m}", [0] * (last - _month(row["cohort"]) + 1))
        counts[row["month"]] = row["consumers"]
    return found


def consumers_by_orders(warehouse: Warehouse, as_of: datetime) -> dict[int, int] | Unknown:
    """How many consumers ordered exactly so often."""
    if missing := warehouse.lacks("orders.consumer_id"):
        return missing
    return {row["orders"]: row["consumers"] for row in warehouse.rows("consumers_by_orders", as_of=as_of)}


def _month(at: datetime) -> int:
    return at.year * 12 + at.month
