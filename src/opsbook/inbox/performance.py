"""What a campaign came to, as its providers tell it, and how each figure is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsbook.sdk.hook import Fate
from opsbook.sdk.values import JsonObject, Unknown, measured

ARRIVED = (Fate.DELIVERED, Fate.OPENED, Fate.CLICKED, Fate.UNSUBSCRIBED, Fate.COMPLAINED)
PREFETCHED = "Mail programs load pictures and follow links by themselves: this is at most a hint."
UNTRACKED = "No provider told of one: letters leave without tracking, unless an account adds it."


def performance(tallies: Sequence[Mapping[str, Any]]) -> JsonObject:
    """`{left, telling, silent, delivered, opened, clicked, bounced, unsubscribed, complained}`.

    `left` counts the letters that left or may have left; `telling` and `silent` how many of them through which
    provider that has told of any, or of none. The rest are figures `of` the letters of those that tell: unknown, and
    not 0, while none does.
    """
    telling = {one["provider"]: sum(one["states"].values()) for one in tallies if one["fates"]}
    silent = {one["provider"]: sum(one["states"].values()) for one in tallies if not one["fates"]}
    known = {"of": sum(telling.values()), "told_by": sorted(telling)}

    def states(*names: str) -> int:
        return sum(one["states"].get(name, 0) for one in tallies if one["fates"] for name in names)

    def said(fate: Fate) -> int:
        return sum(one["fates"].get(fate, 0) for one in tallies)

    def figure(value: int) -> JsonObject:
        return measured(value, **known) if telling else _untold(silent).as_json()

    def hint(value: int) -> JsonObject:
        if telling and not value:
            return Unknown(UNTRACKED, "not_instrumented").as_json()
        return {**figure(value), **({"reliable": False, "note": PREFETCHED} if telling else {})}

    return {
        "left": sum(telling.values()) + sum(silent.values()),
        "telling": dict(telling),
        "silent": dict(silent),
        "delivered": figure(states(*ARRIVED)),
        "opened": hint(said(Fate.OPENED)),
        "clicked": hint(said(Fate.CLICKED)),
        "bounced": figure(states(Fate.BOUNCED)),
        "unsubscribed": figure(said(Fate.UNSUBSCRIBED)),
        "complained": figure(said(Fate.COMPLAINED)),
    }


def _untold(silent: Mapping[str, int]) -> Unknown:
    if not silent:
        return Unknown("no letter has left")
    return Unknown(f"no provider event yet: {', '.join(sorted(silent))} has told of no letter")
