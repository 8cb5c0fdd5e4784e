"""Signups: who came, from where, and how far those who entered got. Counts of people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from opsbook.sdk.values import Json, JsonObject, Unknown
from opsbook.warehouse.figures import Seen, measure
from opsbook.warehouse.store import Warehouse

COHORTS = ("customer", "dispensary", "brand", "other", "internal")
UNCOUNTED = "internal"  # shown, and no part of a total
SOURCES = ("vibe_studio", "academy", "training", "age_gate", "other", "unattributed")
OF_STEP = {  # the metric of each step of the funnel
    "entered": "funnel_entered",
    "signed_up": "funnel_signed_up",
    "activated": "funnel_activated",
    "paying": "funnel_paying",
    "conversion_rate": "signup_conversion",
}


def signups(warehouse: Warehouse, start: datetime, end: datetime) -> tuple[JsonObject, dict[str, Json]]:
    """The total of `[start, end)` and each cohort; all unknown when users were not loaded."""
    missing = warehouse.lacks("users", since=start)
    rows = [] if missing else warehouse.rows("signups", start=start, end=end)
    found = {row["cohort"]: row["people"] for row in rows}

    def told(people: int, cut: str = "") -> JsonObject:
        return measure(warehouse, "signups", start, end, missing or Seen(people, people), cut=cut)

    total = sum(people for cohort, people in found.items() if cohort != UNCOUNTED)
    return told(total), {cohort: told(found.get(cohort, 0), cohort) for cohort in COHORTS}


def sources(warehouse: Warehouse, start: datetime, end: datetime) -> dict[str, Json]:
    """Signups of `[start, end)` by source; the sources sum to the total of the signups."""
    missing = warehouse.lacks("users", since=start) or warehouse.lacks("leads")
    rows = [] if missing else warehouse.rows("signup_sources", start=start, end=end)
    found = {row["source"]: row["people"] for row in rows}
    told = {source: missing or Seen(found.get(source, 0), found.get(source, 0)) for source in SOURCES}
    return {source: measure(warehouse, "signups", start, end, seen, cut=source) for source, seen in told.items()}


def source_warnings(warehouse: Warehouse) -> tuple[str, ...]:
    """What the attribution could not look at."""
    missing = warehouse.lacks("events")
    return (f"Signups without a lead are unattributed: {missing.reason}.",) if missing else ()


def funnel(warehouse: Warehouse, start: datetime, end: datetime) -> dict[str, Json]:
    """How many of those who entered in `[start, end)` reached each step, and `conversion_rate`: signed up / entered.

    Without leads nobody knows who entered, so every step is unknown. `activated` is unknown without readable logins,
    and when a later login overwrote what would tell; `paying` then too, and without subscriptions.
    """
    seen = _reached(warehouse, start, end)
    return {step: measure(warehouse, metric, start, end, seen[step]) for step, metric in OF_STEP.items()}


def _reached(warehouse: Warehouse, start: datetime, end: datetime) -> Mapping[str, Seen | Unknown]:
    if missing := warehouse.lacks("leads", "users", since=start):
        return dict.fromkeys(OF_STEP, missing)
    row = warehouse.row("funnel", start=start, end=end)
    activated = _activated(warehouse, row)
    unpaid = activated if isinstance(activated, Unknown) else warehouse.lacks("subscriptions")
    paying = Seen(row["paying"], row["paying"], why=activated.why) if isinstance(activated, Seen) else activated
    return {
        "entered": Seen(row["entered"], row["entered"]),
        "signed_up": Seen(row["signed_up"], row["signed_up"]),
        "activated": activated,
        "paying": unpaid or paying,
        "conversion_rate": Seen.share(row["signed_up"], row["entered"], "nobody entered in this period"),
    }


def _activated(warehouse: Warehouse, row: Mapping[str, int]) -> Seen | Unknown:
    if missing := warehouse.lacks("users.last_login_at"):
        return missing
    why = f"whether {row['untold']} of them had logged in by then cannot be told" if row["untold"] else ""
    return Seen(row["activated"], row["activated"], row["signed_up"], row["untold"], why)
