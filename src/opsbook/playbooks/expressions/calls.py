"""Calling a method: found in the table of the value's type, charged, and told with its place when it does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.playbooks.expressions.budget import Budget
from opsbook.playbooks.expressions.functions import FUNCTIONS
from opsbook.playbooks.expressions.lists import LIST
from opsbook.playbooks.expressions.methods import Method
from opsbook.playbooks.expressions.operators import is_number, kind_of
from opsbook.playbooks.expressions.source import Misfit, near, refusal
from opsbook.playbooks.expressions.texts import NUMBER, TEXT
from opsbook.sdk.values import Unknown, unknown_in

METHODS: Mapping[str, Mapping[str, Method]] = {"list": LIST, "text": TEXT, "number": NUMBER}
METHOD_NAMES = frozenset(name for table in METHODS.values() for name in table)
_UNSURE = frozenset({dict, Unknown})  # the types that an unknown can have
_OBJECT_CURE = "Objects have no methods: see Object.keys(x)."


def call_method(base: Any, name: str, arguments: list[Any], budget: Budget, source: str, at: int) -> Any:
    """`base.name(arguments)`. What is unknown stays unknown; a list of unknowns is a list."""
    if type(base) in _UNSURE:
        lost = unknown_in(base)
        if lost is not None:
            return lost
    table = _table(base)
    method = table.get(name)
    if method is None:
        if base is None:
            raise refusal(source, at, "Null has no methods.", "Use ?. where it may be null.", "missing")
        cure = near(name, table) if table else _OBJECT_CURE
        raise refusal(source, at, f"There is no method {name} on {kind_of(base)}.", cure, "unknown_method")
    return _called(method, name, (base,), arguments, budget, source, at)


def call_function(space: str, name: str, arguments: list[Any], budget: Budget, source: str, at: int) -> Any:
    """`Math.round(x)` and its like; both names were checked when the source was read."""
    return _called(FUNCTIONS[space][name], name, (), arguments, budget, source, at)


def _table(base: Any) -> Mapping[str, Method]:
    if isinstance(base, list):
        return LIST
    if isinstance(base, str):
        return TEXT
    return NUMBER if is_number(base) else {}


def _called(
    method: Method, name: str, before: tuple[Any, ...], arguments: list[Any], budget: Budget, source: str, at: int
) -> Any:
    for value in arguments:
        if type(value) in _UNSURE:
            lost = unknown_in(value)
            if lost is not None:
                return lost
    try:
        return method.call(budget, before, arguments)
    except Misfit as error:
        raise refusal(source, at, f"{name}: {error.sentence}", error.cure, "misfit") from None
