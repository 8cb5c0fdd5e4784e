"""Reading a field or an item: own keys only, never an attribute of anything."""

from __future__ import annotations

from typing import Any

from opsbook.playbooks.expressions.source import near, refusal
from opsbook.playbooks.expressions.strings import cut, length
from opsbook.sdk.values import Unknown, unknown_in

MISSING: Any = object()  # no such key
SHORT: Any = object()  # a path that ended early, at a `?.` or under a `??`


def field_of(base: Any, key: str, soft: bool, source: str, at: int) -> Any:
    """`base.key`. With `soft` what is missing ends the path; otherwise it is an error naming what is there."""
    if base is SHORT:
        return SHORT
    lost = unknown_in(base)
    if lost is not None:
        return _field_of_unknown(lost, base, key)
    if isinstance(base, dict):
        if key in base:
            return base[key]
        if soft:
            return SHORT
        raise refusal(source, at, f"There is no {key} here.", near(key, base), "missing")
    if key == "length" and isinstance(base, str | list):
        return length(base) if isinstance(base, str) else len(base)
    if base is None and soft:
        return SHORT
    what = "Null has no fields." if base is None else f"There is no {key} on this value: it is not an object."
    cure = "Use ?. where it may be null." if base is None else "Methods are called with ( )."
    raise refusal(source, at, what, cure, "missing")


def item_of(base: Any, key: Any, soft: bool, source: str, at: int) -> Any:
    """`base[key]`: a field of an object by text, an item of a list or a unit of a text by whole number."""
    lost = unknown_in(base) or unknown_in(key)
    if isinstance(key, str) and not isinstance(key, bool) and (lost is None or base is not lost):
        if isinstance(base, dict | Unknown) or base is None:
            return field_of(base, key, soft, source, at)
    if lost is not None:
        return lost
    if isinstance(base, list | str) and isinstance(key, int) and not isinstance(key, bool):
        size = len(base) if isinstance(base, list) else length(base)
        if 0 <= key < size:
            return base[key] if isinstance(base, list) else cut(base, key, key + 1)
        if soft:
            return SHORT
        raise refusal(source, at, "There is nothing at this index.", "Use ?. or ?? where it may be missing.", "missing")
    if base is None and soft:
        return SHORT
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
