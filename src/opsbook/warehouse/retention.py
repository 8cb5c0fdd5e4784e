"""Who stays: organisations by the month in which they came, and everyone by how lately, often and much they ordered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from opsbook.sdk.values import JsonObject, Unknown, measured
from opsbook.warehouse.alive import Whose
from opsbook.warehouse.store import Warehouse

NEVER = "never_purchased"
SEGMENTS = ("champions", "loyal", "recent", "slipping", "dormant", NEVER)


def organization_cohorts(warehouse: Warehouse, as_of: datetime) -> list[JsonObject] | Unknown:
    """`{cohort: "2026-03", started, kept: [...]}` by month of coming, the earliest first.

    `kept` has a measurement for each month from the cohort's own to that of `as_of`: how many were there at its end.
    One is unknown where organisations left and nothing says when, or where that cannot be read.
    """
    if missing := warehouse.lacks("organizations", "organizations.canceled_at"):
        return missing
    found: dict[str, JsonObject] = {}
    kept: dict[str, list[Any]] = {}
    rows = warehouse.rows("organization_cohorts", as_of=as_of)
    last = {row["cohort"]: row["month"] for row in rows}
    for row in rows:
        name = f"{row['cohort']:%Y-%m}"
        found[name] = {"cohort": name, "started": row["started"]}
        kept.setdefault(name, []).append(_kept(row, row["month"] == last[row["cohort"]]))
    return [{**one, "kept": kept[name]} for name, one in found.items()]


def _kept(row: Mapping[str, Any], is_last: bool) -> JsonObject:
    if row["illegible"]:
        return Unknown(f"when {row['illegible']} of them left could not be read").as_json()
    if row["undated"] and not is_last:
        return Unknown(f"{row['undated']} of them left, and nothing says when").as_json()
    return measured(row["kept"])


def rfm(warehouse: Warehouse, as_of: datetime, whose: Whose = Whose.ORGANIZATION) -> list[JsonObject] | Unknown:
    """`{segment, units, orders, total_cents}` of each of `SEGMENTS`, as `metrics/rfm.sql` defines them.

    Those who never purchased are a segment of their own, and gone is no word for them. How many consumers they are is
    unknown without users; money in several currencies has no sum.
    """
    needs = ["organizations", "orders"] if whose is Whose.ORGANIZATION else ["orders.consumer_id"]
    if missing := warehouse.lacks(*needs):
        return missing
    rows = warehouse.rows("rfm", whose=whose, as_of=as_of)
    several = next((row["currencies"] for row in rows if " " in (row["currencies"] or "")), None)
    mixed = Unknown(f"orders are in several currencies: {several.replace(' ', ', ')}") if several else None
    unseen = warehouse.lacks("users") if whose is Whose.CONSUMER else None
    found: list[JsonObject] = []
    for name in SEGMENTS:
        mine = [row for row in rows if row["segment"] == name]
        units, orders, cents = (sum(row[what] for row in mine) for what in ("units", "orders", "total_cents"))
        dark = unseen if name == NEVER else None
        found.append(
            {
                "segment": name,
                "units": dark.as_json() if dark else measured(units),
                "orders": measured(orders),
                "total_cents": mixed.as_json() if mixed else measured(cents, unit="cents"),
            }
        )
    return found
