"""The methods of the language: what each takes, in one table for each type, and what each does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    "number": ("a number", is_number),
    "integer": ("a whole number", lambda value: type(value) is int or (is_number(value) and is_whole(value))),
    "list": ("a list", lambda value: isinstance(value, list)),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "scalar": ("a text, a number, a boolean or null", lambda value: not isinstance(value, list | dict | Function)),
    "any": ("a value", lambda value: not isinstance(value, Function)),
}


class Method:
    """`run(budget, base, *arguments)`, for a function of the language without the base.

    `takes` lists what the arguments are, in order: `?` marks one that may be left out, `*` the last one when it can be
    repeated. A function among them has up to `parameters` parameters.
    """

    __slots__ = ("kinds", "least", "most", "parameters", "run", "takes")

    def __init__(self, run: Run, takes: str = "", parameters: int = 2) -> None:
        self.run = run
        self.takes = takes
        self.parameters = parameters
        words = takes.split()
        self.kinds = tuple((word.rstrip("?*"), *_FITS[word.rstrip("?*")]) for word in words)
        self.least = sum(1 for word in words if word[-1] not in "?*")
        self.most = 1 << 20 if takes.endswith("*") else len(words)

    def call(self, budget: Budget, before: tuple[Any, ...], arguments: list[Any]) -> Any:
        """The result. Raises `Misfit` when the arguments do not fit."""
        if not self.least <= len(arguments) <= self.most:
            raise Misfit(f"it is given {len(arguments)} arguments.", f"It takes: {self.takes or 'none'}.")
        last = len(self.kinds) - 1
        for index, value in enumerate(arguments):
            kind, word, fits = self.kinds[index if index < last else last]
            if not fits(value):
                shown = "a function" if isinstance(value, Function) else kind_of(value)
                raise Misfit(f"it takes {word}, not {shown}.")
            if kind == "integer":
                arguments[index] = int(value)
            elif kind == "function" and len(value.places) > self.parameters:
                raise Misfit(f"its function takes up to {self.parameters} parameters.")
        return self.run(budget, *before, *arguments)
