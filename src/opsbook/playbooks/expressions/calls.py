"""Calling a method: found in the table of the value's type, charged, and told with its place when it does not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opsbook.playbooks.expressions.budget import Budget
from opsbook.playbooks.expressions.operators import Misfit, is_number
from opsbook.playbooks.expressions.source import near, refusal
from opsbook.sdk.errors import InvalidDefinition
from opsbook.sdk.values import unknown_in

Method = Callable[..., Any]


class Function:
    """An arrow function in its frame. `each` takes (item, index), `fold` takes (first, second, index)."""

    __slots__ = ("body", "cost", "frame", "places")

    def __init__(self, frame: list[Any], body: Callable[[list[Any]], Any], places: list[int], cost: int) -> None:
        self.frame = frame
        self.body = body
        self.places = places
        self.cost = cost

    def charge(self, times: int) -> None:
        """For that many calls, before the first of them."""
        self.frame[1].spend(self.cost * times)

    def each(self) -> Callable[[Any, int], Any]:
        frame, body, places = self.frame, self.body, self.places
        if len(places) == 1:
            place = places[0]

            def one(item: Any, index: int) -> Any:
                frame[place] = item
                return body(frame)

            return one

        def several(item: Any, index: int) -> Any:
            for place, value in zip(places, (item, index), strict=False):
                frame[place] = value
            return body(frame)

        return several

    def fold(self) -> Callable[[Any, Any, int], Any]:
        frame, body, places = self.frame, self.body, self.places

        def call(first: Any, second: Any, index: int) -> Any:
            for place, value in zip(places, (first, second, index), strict=False):
                frame[place] = value
            return body(frame)

        return call


def call_method(base: Any, name: str, arguments: list[Any], budget: Budget, source: str, at: int) -> Any:
    """`base.name(arguments)`. What is unknown stays unknown; a list of unknowns is a list."""
    lost = unknown_in(base)
    if lost is not None:
        return lost
    table = METHODS.get("text" if isinstance(base, str) else "list" if isinstance(base, list) else "", {})
    if is_number(base):
        table = METHODS["number"]
    method = table.get(name)
    if method is None:
        if base is None:
            raise refusal(source, at, "Null has no methods.", "Use ?. where it may be null.", "missing")
        cure = near(name, table) if table else "Objects have none: see Object.keys(x)."
        raise refusal(source, at, f"There is no method {name} here.", cure, "unknown_method")
    return _called(method, name, [base, *arguments], budget, source, at)


def call_function(space: str, name: str, arguments: list[Any], budget: Budget, source: str, at: int) -> Any:
    """`Math.round(x)` and its like."""
    function = FUNCTIONS.get(space, {}).get(name)
    if function is None:
        cure = near(name, FUNCTIONS.get(space, {}))
        raise refusal(source, at, f"There is no {space}.{name}.", cure, "unknown_method")
    return _called(function, f"{space}.{name}", arguments, budget, source, at)


def _called(method: Method, name: str, values: list[Any], budget: Budget, source: str, at: int) -> Any:
    for value in values:
        lost = unknown_in(value)
        if lost is not None:
            return lost
    try:
        return method(budget, *values)
    except Misfit as error:
        raise refusal(source, at, f"{name}: {error.sentence}", error.cure, "misfit") from None
    except TypeError as error:
        if isinstance(error.__cause__, InvalidDefinition):
            raise
        raise refusal(source, at, f"{name} is called with the wrong number of arguments.", code="misfit") from None


from opsbook.playbooks.expressions.methods import FUNCTIONS, METHODS  # noqa: E402
