"""Whom to win back first: what is at stake times the chance that orders still come in there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from opsbook.sdk.values import Json, JsonObject, Unknown, measured, unknown_in
from opsbook.warehouse.alive import chances
from opsbook.warehouse.store import Warehouse


def winnable_first(warehouse: Warehouse, organizations: Sequence[JsonObject], as_of: datetime) -> list[JsonObject]:
    """The same organisations, each with `alive` and `win_back_cents`, the most winnable first.

    `alive` is what `chances` says. `win_back_cents` is `mrr_cents` times it: the revenue a month that is still there to
    be kept. Nobody has measured how organisations answer a letter, so the chance that its shop still trades stands for
    the chance to win it. Where that chance is unknown, `win_back_cents` is too, and in the order the whole revenue
    counts: nothing says that it is lost. Equal ones, and those of unknown revenue, which come last, keep their order.
    """
    ids = [str(one["organization_id"]) for one in organizations]
    alive = chances(warehouse, ids, as_of)
    told = [
        {**one, "alive": alive[key], "win_back_cents": _kept(one["mrr_cents"], alive[key])}
        for key, one in zip(ids, organizations, strict=True)
    ]
    return sorted(told, key=_place)


def _kept(mrr_cents: Json, alive: JsonObject) -> JsonObject:
    why = unknown_in(mrr_cents) or unknown_in(alive)
    if why is None and isinstance(mrr_cents, int) and isinstance(chance := alive["value"], int | float):
        return measured(round(mrr_cents * chance), unit="cents")
    return (why or Unknown("its revenue is unknown")).as_json()


def _place(one: JsonObject) -> float:
    kept, whole = one["win_back_cents"], one["mrr_cents"]
    value = kept["value"] if isinstance(kept, dict) and kept["value"] is not None else whole
    return -value if isinstance(value, int) else 1.0
