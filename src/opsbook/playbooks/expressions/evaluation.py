"""An expression's value over names, and a condition's truth."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from opsbook.playbooks.expressions import nodes as n
from opsbook.playbooks.expressions.budget import OUTPUT, Budget
from opsbook.playbooks.expressions.operators import kind_of
from opsbook.playbooks.expressions.parser import tree
from opsbook.playbooks.expressions.program import Maker, Program
from opsbook.playbooks.expressions.source import refusal
from opsbook.sdk.errors import InvalidDefinition
from opsbook.sdk.values import Json, Unknown

DEEPEST_VALUE = 64
CACHED = 1024


def evaluate(source: str, names: Mapping[str, Json]) -> Json | Unknown:
    """The expression's value: plain JSON, or `Unknown` when it rests on what could not be measured.

    A path alone gives what the names hold, as it is; what an expression makes is 1 MB at most. Never changes `names`.

    Raises:
        InvalidDefinition: it cannot be read, a name or field is missing, values do not fit, or it takes too much.
    """
    maker, program, passes = _compiled(source)
    budget = Budget()
    value: Json | Unknown = program.value(maker.frame(names, budget))
    return value if passes else finished(value)


def truth(source: str, names: Mapping[str, Json]) -> bool | Unknown:
    """A condition's answer. Anything else than a boolean or unknown is an error, as in `evaluate`."""
    value = evaluate(source, names)
    if isinstance(value, bool | Unknown):
        return value
    sentence = f"A condition gives true or false, not {kind_of(value)}."
    raise refusal(source, 0, sentence, "Compare it: x.length > 0, x === true, x !== null.", "not_a_condition")


def size_of(text: str) -> int:
    """Its bytes in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def finished(value: Json | Unknown) -> Json | Unknown:
    """The value as it leaves: unknowns inside it as JSON objects, its size and depth within the limits."""
    if isinstance(value, Unknown):
        return value
    return _written_out(value) if _measured(value) else value


def _measured(value: Any) -> bool:
    """Whether unknowns of ours stand inside. Goes level by level: what is shared counts as often as it appears."""
    left, unsure = OUTPUT, False
    level = [value]
    for _ in range(DEEPEST_VALUE + 2):
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is str:
                left -= size_of(item) + 8
            elif kind is list:
                left -= 16
                below += item
            elif kind is dict:
                left -= 16 + sum(map(len, item)) + 4 * len(item)
                below += item.values()
            elif kind is Unknown:
                left -= len(item.reason) + 64
                unsure = True
            elif item is None or isinstance(item, bool | int | float):
                left -= 8
            else:
                raise InvalidDefinition("A name holds something that is not JSON.", code="not_json")
            if left < 8 * len(below):
                raise _too_large()
        if not below:
            return unsure
        level = below
    raise InvalidDefinition(f"The value is nested deeper than {DEEPEST_VALUE}.", code="too_deep")


def _written_out(value: Any) -> Json:
    if isinstance(value, Unknown):
        return value.as_json()
    if isinstance(value, list):
        return [_written_out(item) for item in value]
    if isinstance(value, dict):
        return {key: _written_out(item) for key, item in value.items()}
    scalar: Json = value
    return scalar


def _too_large() -> InvalidDefinition:
    return InvalidDefinition(
        f"The value is larger than {OUTPUT // 1024 // 1024} MB.",
        cure="Pick the items and fields that are needed.",
        code="too_much_output",
    )


@lru_cache(CACHED)
def _compiled(source: str) -> tuple[Maker, Program, bool]:
    node = tree(source)
    maker = Maker(source)
    return maker, maker.program(node, {}), _passes(node)


def _passes(node: n.Node) -> bool:
    """Whether the value is one of the context's own: nothing is made."""
    while isinstance(node, n.Member | n.Index | n.Bracket):
        node = node.inner if isinstance(node, n.Bracket) else node.base
    return isinstance(node, n.Name)
