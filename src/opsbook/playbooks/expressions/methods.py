"""The methods of the language: what each takes, in one table for each type, and what each does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from opsbook.playbooks.expressions.arrows import Function
from opsbook.playbooks.expressions.budget import Budget
from opsbook.playbooks.expressions.numbers import is_whole
from opsbook.playbooks.expressions.operators import is_number, kind_of
from opsbook.playbooks.expressions.source import Misfit

Run = Callable[..., Any]

_FITS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "function": ("a function such as x => x.total > 0", lambda value: isinstance(value, Function)),
    "text": ("a text", lambda value: isinstance(value, str)),
    "number": ("a number", lambda value: is_number(value)),
    "integer": ("a whole number", lambda value: is_number(value) and is_whole(value)),
    "list": ("a list", lambda value: isinstance(value, list)),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "scalar": ("a text, a number, a boolean or null", lambda value: not isinstance(value, list | dict | Function)),
    "any": ("a value", lambda value: not isinstance(value, Function)),
}


@dataclass(frozen=True)
class Method:
    """`run(budget, base, *arguments)`, for a function of the language without the base.

    `takes` lists what the arguments are, in order: `?` marks one that may be left out, `*` the last one when it can be
    repeated. A function among them has up to `parameters` parameters.
    """

    run: Run
    takes: str = ""
    parameters: int = 2

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self.takes.split())

    @cached_property
    def least(self) -> int:
        return sum(1 for kind in self.kinds if kind[-1] not in "?*")

    def call(self, budget: Budget, before: tuple[Any, ...], arguments: list[Any]) -> Any:
        """The result. Raises `Misfit` when the arguments do not fit."""
        kinds = self.kinds
        repeated = bool(kinds) and kinds[-1][-1] == "*"
        if len(arguments) < self.least or (len(arguments) > len(kinds) and not repeated):
            raise Misfit(f"it is given {len(arguments)} arguments.", f"It takes: {self.takes or 'none'}.")
        for index, value in enumerate(arguments):
            kind = kinds[min(index, len(kinds) - 1)].rstrip("?*")
            word, fits = _FITS[kind]
            if not fits(value):
                shown = "a function" if isinstance(value, Function) else kind_of(value)
                raise Misfit(f"it takes {word}, not {shown}.")
            if kind == "integer":
                arguments[index] = int(value)
            elif kind == "function" and len(value.places) > self.parameters:
                raise Misfit(f"its function takes up to {self.parameters} parameters.")
        return self.run(budget, *before, *arguments)
