"""Recurring revenue by organisation: now, at a past moment, and the movements between two moments. Whole cents a month.

An organisation that is not in a mapping pays nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.values import JsonObject, Unknown
from opsbook.warehouse.figures import Seen, measure
from opsbook.warehouse.store import Warehouse


class Kind(StrEnum):
    """How an organisation's revenue moved."""

    NEW = "new"  # from nothing to something, never paid before
    REACTIVATION = "reactivation"  # from nothing to something, paid before
    EXPANSION = "expansion"  # up
    CONTRACTION = "contraction"  # down
    CHURNED = "churned"  # from something to nothing


@dataclass(frozen=True)
class Mrr:
    """Revenue at one moment. `past_due_cents`, of `past_due` organisations, is part of it; `trialing` are others."""

    cents: Mapping[str, int]
    past_due_cents: int
    past_due: int
    trialing: int

    @property
    def total(self) -> int:
        return sum(self.cents.values())


@dataclass(frozen=True)
class Movement:
    """One organisation's. The kinds sum up: after = before + new + reactivation + expansion - contraction - churned."""

    organization_id: str
    kind: Kind
    before_cents: int
    after_cents: int

    @property
    def cents(self) -> int:
        """By how much it moved, never negative."""
        return abs(self.after_cents - self.before_cents)


def mrr_now(warehouse: Warehouse, as_of: datetime) -> Mrr | Unknown:
    """Revenue at `as_of` by the statuses as loaded; unknown without subscriptions, or in several currencies."""
    if missing := warehouse.lacks("subscriptions"):
        return missing
    rows = warehouse.rows("mrr", as_of=as_of)
    if several := _several(rows):
        return several
    return Mrr(
        {row["organization_id"]: row["mrr_cents"] for row in rows if row["mrr_cents"]},
        sum(row["past_due_cents"] for row in rows),
        sum(1 for row in rows if row["past_due_cents"]),
        sum(1 for row in rows if row["trialing"]),
    )


def mrr_figure(warehouse: Warehouse, as_of: datetime, now: Mrr | Unknown | None = None) -> JsonObject:
    """The total of `mrr_now`, or of `now` where that is known already, as a measurement."""
    found = mrr_now(warehouse, as_of) if now is None else now
    seen = found if isinstance(found, Unknown) else Seen(found.total, len(found.cents))
    return measure(warehouse, "mrr", None, as_of, seen)


def past_due_figure(warehouse: Warehouse, as_of: datetime, now: Mrr | Unknown) -> JsonObject:
    """The part of `now` that is past due, as a measurement."""
    seen = now if isinstance(now, Unknown) else Seen(now.past_due_cents, now.past_due)
    return measure(warehouse, "past_due_mrr", None, as_of, seen)


def reconstruct_mrr(warehouse: Warehouse, day: date, zone: ZoneInfo) -> dict[str, int] | Unknown:
    """Revenue as it was at the start of a local date, rebuilt from when contracts began and ended.

    A snapshot made of it is to be marked as reconstructed. Unknown when subscriptions do not say when they began.
    """
    if missing := warehouse.lacks("subscriptions.started_at", "subscriptions.ended_at"):
        return missing
    rows = warehouse.rows("mrr_then", at=datetime.combine(day, time(), zone))
    if several := _several(rows):
        return several
    return {row["organization_id"]: row["mrr_cents"] for row in rows}


def paid_before(warehouse: Warehouse, at: datetime) -> frozenset[str]:
    """Organisations with a paid contract before a moment, as far as the stored contracts go back."""
    return frozenset(row["organization_id"] for row in warehouse.rows("paid_before", at=at))


def names(warehouse: Warehouse, organizations: Collection[str]) -> dict[str, str]:
    """What organisations are called; one that is not stored goes by its id."""
    if not organizations:
        return {}
    found = {row["id"]: row["name"] for row in warehouse.rows("names", organizations=sorted(organizations))}
    return {key: found.get(key, key) for key in organizations}


def movements(before: Mapping[str, int], after: Mapping[str, int], paid_earlier: Collection[str]) -> list[Movement]:
    """Every organisation whose revenue differs, the largest movement first.

    Raises `NeverWorks` when the parts do not add up to the whole, which no data can cause.
    """
    differing = [(key, was, after.get(key, 0)) for key, was in before.items() if after.get(key, 0) != was]
    differing += [(key, 0, is_now) for key, is_now in after.items() if is_now and key not in before]
    found = [Movement(key, _kind(was, is_now, key in paid_earlier), was, is_now) for key, was, is_now in differing]
    end = sum(before.values()) + sum(_signed(one) for one in found)
    if end != sum(after.values()):
        raise NeverWorks("The movements of revenue do not add up.", code="bad_figure")
    return sorted(found, key=lambda one: (-one.cents, one.organization_id))


def _kind(was: int, is_now: int, paid_earlier: bool) -> Kind:
    if not was:
        return Kind.REACTIVATION if paid_earlier else Kind.NEW
    if not is_now:
        return Kind.CHURNED
    return Kind.EXPANSION if is_now > was else Kind.CONTRACTION


def _signed(one: Movement) -> int:
    return -one.cents if one.kind in (Kind.CONTRACTION, Kind.CHURNED) else one.cents


def _several(rows: Sequence[Mapping[str, Any]]) -> Unknown | None:
    found = sorted({currency for words in {row["currencies"] for row in rows} for currency in words.split()})
    return Unknown(f"subscriptions are in several currencies: {', '.join(found)}") if len(found) > 1 else None
