"""Signups: who came, from where, and how far those who entered got. Counts of people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from opsbook.sdk.values import Json, JsonObject, Unknown, measured
from opsbook.warehouse.figures import figure, ratio
from opsbook.warehouse.store import Warehouse

COHORTS = ("customer", "dispensary", "brand", "other", "internal")
UNCOUNTED = "internal"  # shown, and no part of a total
SOURCES = ("vibe_studio", "academy", "training", "age_gate", "other", "unattributed")
STEPS = ("entered", "signed_up", "activated", "paying")


def signups(warehouse: Warehouse, start: datetime, end: datetime) -> tuple[JsonObject, dict[str, Json]]:
    """The total of `[start, end)` and each cohort; all unknown when users were not loaded."""
    if missing := warehouse.lacks("users", since=start):
        return missing.as_json(), {cohort: missing.as_json() for cohort in COHORTS}
    found = {row["cohort"]: row["people"] for row in warehouse.rows("signups", start=start, end=end)}
    total = sum(people for cohort, people in found.items() if cohort != UNCOUNTED)
    return measured(total), {cohort: measured(found.get(cohort, 0)) for cohort in COHORTS}


def sources(warehouse: Warehouse, start: datetime, end: datetime) -> dict[str, Json]:
    """Signups of `[start, end)` by source; the sources sum to the total of the signups."""
    if missing := warehouse.lacks("users", since=start) or warehouse.lacks("leads"):
        return {source: missing.as_json() for source in SOURCES}
    found = {row["source"]: row["people"] for row in warehouse.rows("signup_sources", start=start, end=end)}
    return {source: measured(found.get(source, 0)) for source in SOURCES}


def source_warnings(warehouse: Warehouse) -> tuple[str, ...]:
    """What the attribution could not look at."""
    missing = warehouse.lacks("events")
    return (f"Signups without a lead are unattributed: {missing.reason}.",) if missing else ()


def funnel(warehouse: Warehouse, start: datetime, end: datetime) -> dict[str, Json]:
    """How many of those who entered in `[start, end)` reached each step, and `conversion_rate`: signed up / entered.

    Without leads nobody knows who entered, so every step is unknown. `activated` is unknown without readable logins,
    and when a later login overwrote what would tell; `paying` then too, and without subscriptions.
    """
    if missing := warehouse.lacks("leads", "users", since=start):
        return dict.fromkeys((*STEPS, "conversion_rate"), missing.as_json())
    row = warehouse.row("funnel", start=start, end=end)
    activated = _activated(warehouse, row)
    unpaid = activated if isinstance(activated, Unknown) else warehouse.lacks("subscriptions")
    return {
        "entered": measured(row["entered"]),
        "signed_up": measured(row["signed_up"]),
        "activated": figure(activated),
        "paying": figure(unpaid or row["paying"]),
        "conversion_rate": ratio(row["signed_up"], row["entered"], "nobody entered in this period"),
    }


def _activated(warehouse: Warehouse, row: Mapping[str, int]) -> int | Unknown:
    if missing := warehouse.lacks("users.last_login_at"):
        return missing
    if row["untold"]:
        return Unknown(f"whether {row['untold']} of them had logged in by then cannot be told")
    return row["activated"]
