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
    return value if isinstance(value, Unknown) else _Leaving().copy(value, 0)


class _Leaving:
    def __init__(self) -> None:
        self.left = OUTPUT

    def copy(self, value: Any, depth: int) -> Json:
        if isinstance(value, str):
            self._take(size_of(value) + 8)
            return value
        if isinstance(value, Unknown):
            self._take(len(value.reason) + 64)
            return value.as_json()
        if value is None or isinstance(value, bool | int | float):
            self._take(8)
            return value
        if not isinstance(value, list | dict):
            raise InvalidDefinition("A name holds something that is not JSON.", code="not_json")
        if depth > DEEPEST_VALUE:
            raise InvalidDefinition(f"The value is nested deeper than {DEEPEST_VALUE}.", code="too_deep")
        self._take(16)
        if isinstance(value, list):
            return [self.copy(item, depth + 1) for item in value]
        self._take(sum(map(size_of, value)))
        return {str(key): self.copy(item, depth + 1) for key, item in value.items()}

    def _take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise InvalidDefinition(
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
