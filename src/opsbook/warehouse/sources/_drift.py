"""How the columns of a source differ from those of the last time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from opsbook.sdk.values import Json
from opsbook.warehouse.sources._fields import at

ENOUGH = 25  # records: a field that so many do not carry has gone; fewer may just have nothing to say in it
DEEPEST = 4  # levels of a record whose fields are told apart
MOST_FIELDS = 300  # of a source; records that use ids as names would bring new ones for ever
OR = " or "
KINDS = ((bool, "flag"), (int | float, "number"), (str, "text"), (list, "list"), (object, "object"))


def drift(before: Mapping[str, str], now: Mapping[str, str], what: str = "column") -> tuple[str, ...]:
    """How columns, by name with their types, differ from those of the last time; nothing for a first time."""
    if not before:
        return ()
    come = [f"the {what} {name} is new{_typed(kind)}" for name, kind in now.items() if name not in before]
    gone = [f"the {what} {name} has gone" for name in before if name not in now]
    changed = [
        f"the {what} {name} was {before[name]} and is {kind} now"
        for name, kind in now.items()
        if name in before and before[name] != kind
    ]
    return (*come, *gone, *changed)


def fields_in(record: Json, paths: Iterable[str] = ()) -> dict[str, str]:
    """The fields of a record by dotted name, with the kind of what they hold; empty for null. Of a list its first.

    `paths` are looked for as well, however deep they lie.
    """
    found = dict(_leaves(record, ""))
    absent = object()
    for path in paths:
        value = at(record, path, absent)
        if value is not absent:
            found[path] = _kind(value)
    return found


def joined(known: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Fields of records beside those of others; one with values of several kinds names them all."""
    found = dict(known)
    for name, kind in more.items():
        if name in found:
            kinds = {*found[name].split(OR), *kind.split(OR)} - {""}
            found[name] = OR.join(sorted(kinds))
        elif len(found) < MOST_FIELDS:
            found[name] = kind
    return found


def field_drift(
    before: Mapping[str, str], swept: Mapping[str, str], records: int
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The fields that are known after a reading of so many records, and how they differ from those before it.

    A field has gone when `ENOUGH` records came and none has it. One that held nothing until now is not news.
    """
    known = joined(before, swept)
    if records >= ENOUGH:
        known = {name: kind for name, kind in known.items() if name in swept}
    settled = {name: kind or known.get(name, kind) for name, kind in before.items()}
    return known, drift(settled, {name: kind for name, kind in known.items() if kind or name in before}, "field")


def _leaves(value: Any, path: str, depth: int = 0) -> Iterable[tuple[str, str]]:
    inner: Any = None
    if depth < DEEPEST and isinstance(value, dict) and value:
        inner = value.items()
    elif depth < DEEPEST and isinstance(value, list) and value:
        inner = [("0", value[0])]
    if inner is None:
        if path:
            yield path, _kind(value)
        return
    for key, one in inner:
        yield from _leaves(one, f"{path}.{key}" if path else str(key), depth + 1)


def _kind(value: Any) -> str:
    if value is None or value == "":
        return ""
    return next(word for kind, word in KINDS if isinstance(value, kind))


def _typed(kind: str) -> str:
    return f" ({kind})" if kind else ""
