"""Reading a field or an item: own keys only, never an attribute of anything.

`missing` says what a missing field or item reads as: None after a `?.`, SHORT under a `??`, and with MISSING it is an
error that names what is there. `soft` says that a null base ends the path.
"""

from __future__ import annotations

from typing import Any

from opsbook.playbooks.expressions.budget import Budget
from opsbook.playbooks.expressions.numbers import is_whole
from opsbook.playbooks.expressions.operators import is_number
from opsbook.playbooks.expressions.source import brief, near, refusal
from opsbook.playbooks.expressions.strings import cut, length
from opsbook.sdk.values import Unknown, unknown_in

MISSING: Any = object()  # no such key
SHORT: Any = object()  # a path that ended early, at a `?.` or under a `??`


def field_of(base: Any, key: str, missing: Any, soft: bool, budget: Budget, source: str, at: int) -> Any:
    """`base.key`."""
    if base is SHORT or (base is None and soft):
        return SHORT
    lost = unknown_in(base)
    if lost is not None:
        return _field_of_unknown(lost, base, key)
    if isinstance(base, dict):
        found = base.get(key, missing)
        if found is MISSING:
            raise refusal(source, at, f"There is no {brief(key)} here.", near(key, base), "missing")
        return found
    if key == "length" and isinstance(base, str | list):
        return length(base, budget) if isinstance(base, str) else len(base)
    if base is None:
        raise refusal(source, at, "Null has no fields.", "Use ?. where it may be null.", "missing")
    cure = near(key, ["length"]) if isinstance(base, str | list) else "Only objects have fields."
    raise refusal(source, at, f"There is no {brief(key)} on this value: it is not an object.", cure, "missing")


def item_of(base: Any, key: Any, missing: Any, soft: bool, budget: Budget, source: str, at: int) -> Any:
    """`base[key]`: a field of an object by text, an item of a list or a unit of a text by whole number."""
    if base is SHORT or (base is None and soft):
        return SHORT
    if isinstance(key, str) and (base is None or isinstance(base, dict | Unknown)):
        return field_of(base, key, missing, soft, budget, source, at)
    lost = unknown_in(base) or unknown_in(key)
    if lost is not None:
        return lost
    if isinstance(base, list | str) and is_number(key) and is_whole(key):
        size = len(base) if isinstance(base, list) else length(base, budget)
        place = int(key)
        if 0 <= place < size:
            return base[place] if isinstance(base, list) else cut(base, place, place + 1, budget)
        if missing is MISSING:
            cure = "Use ?. or ?? where it may be missing."
            raise refusal(source, at, "There is nothing at this index.", cure, "missing")
        return missing
    raise refusal(source, at, "This index does not fit this value.", "Lists take whole numbers, objects take texts.")


def _field_of_unknown(lost: Unknown, base: Any, key: str) -> Any:
    """What is unknown can be asked for its `status` and `reason`; everything else of it is unknown as well."""
    if key == "status":
        return lost.status
    if key == "reason":
        return lost.reason
    if isinstance(base, dict) and key in base and key != "value":
        return base[key]
    return lost
