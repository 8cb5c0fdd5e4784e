"""The functions of the language that stand by themselves: `Math.round(x)`, `Object.keys(x)`, `String(x)`."""

from __future__ import annotations

import math
import re
from typing import Any

from opsbook.playbooks.expressions.budget import HEAD, ITEM, Budget
from opsbook.playbooks.expressions.lists import shown
from opsbook.playbooks.expressions.methods import Method
from opsbook.playbooks.expressions.numbers import double, nearest, settled
from opsbook.playbooks.expressions.source import Misfit
from opsbook.playbooks.expressions.strings import WHITE

Number = int | float

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_PLACES = 2**32 - 1  # JavaScript puts keys that are list places first


def _min(budget: Budget, *values: Number) -> Number:
    return min(map(double, values))


def _max(budget: Budget, *values: Number) -> Number:
    return max(map(double, values))


def _round(budget: Budget, value: Number) -> Number:
    return nearest(double(value))


def _floor(budget: Budget, value: Number) -> Number:
    return settled(math.floor(double(value)))


def _ceil(budget: Budget, value: Number) -> Number:
    return settled(math.ceil(double(value)))


def _trunc(budget: Budget, value: Number) -> Number:
    return settled(math.trunc(double(value)))


def _abs(budget: Budget, value: Number) -> Number:
    return abs(double(value))


def _sign(budget: Budget, value: Number) -> Number:
    return (double(value) > 0) - (value < 0)


def ordered_keys(budget: Budget, value: dict[str, Any]) -> list[str]:
    """The keys in JavaScript's order: list places by number, then the others as they were added."""
    budget.list(2 * len(value))
    budget.spend(2 * len(value))
    places = sorted((key for key in value if _INDEX.fullmatch(key) and int(key) < _PLACES), key=int)
    if not places:
        return list(value)
    first = set(places)
    return places + [key for key in value if key not in first]


def _values(budget: Budget, value: dict[str, Any]) -> list[Any]:
    return [value[key] for key in ordered_keys(budget, value)]


def _entries(budget: Budget, value: dict[str, Any]) -> list[Any]:
    budget.grow(len(value) * (HEAD + 2 * ITEM))
    return [[key, value[key]] for key in ordered_keys(budget, value)]


def _is_array(budget: Budget, value: Any) -> bool:
    return isinstance(value, list)


def _string(budget: Budget, value: Any) -> str:
    budget.spend(8)
    return shown(value)


def _number(budget: Budget, value: Any) -> Number:
    if isinstance(value, str):
        budget.look(2 * len(value))
        text = value.strip(WHITE)
        if len(text) > 400 or _DECIMAL.fullmatch(text) is None:
            raise Misfit("this text is not a number.")
        number = float(text)
        if not math.isfinite(number):
            raise Misfit("the number is too large.")
        return settled(number)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misfit("it takes a number or a text that is one.")
    return double(value)


FUNCTIONS: dict[str, dict[str, Method]] = {
    "Math": {
        "min": Method(_min, "number number*"),
        "max": Method(_max, "number number*"),
        "round": Method(_round, "number"),
        "floor": Method(_floor, "number"),
        "ceil": Method(_ceil, "number"),
        "trunc": Method(_trunc, "number"),
        "abs": Method(_abs, "number"),
        "sign": Method(_sign, "number"),
    },
    "Object": {
        "keys": Method(ordered_keys, "object"),
        "values": Method(_values, "object"),
        "entries": Method(_entries, "object"),
    },
    "Array": {"isArray": Method(_is_array, "any")},
    "": {"String": Method(_string, "scalar"), "Number": Method(_number, "scalar")},
}
