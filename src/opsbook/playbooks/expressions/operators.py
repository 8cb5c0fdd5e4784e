"""The operators: what V8 answers where both sides fit, an error where JavaScript would convert, else unknown."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from opsbook.playbooks.expressions.budget import Budget
from opsbook.playbooks.expressions.numbers import SAFE, double, settled
from opsbook.playbooks.expressions.source import Misfit
from opsbook.playbooks.expressions.strings import joined, less
from opsbook.sdk.values import Unknown, unknown_in

Value = Any  # plain JSON, or Unknown
Operator = Callable[[Value, Value, Budget], Value]

_NUMBERS = frozenset({int, float})


def kind_of(value: Value) -> str:
    """The word for a value's type in an error."""
    if value is None:
        return "null"
    kinds = ((bool, "a boolean"), (int | float, "a number"), (str, "a text"), (list, "a list"))
    return next((word for kind, word in kinds if isinstance(value, kind)), "an object")


def is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def boolean(value: Value) -> bool:
    """The value as the boolean that it must be."""
    if value is True or value is False:
        return bool(value)
    raise Misfit(
        f"Here must stand a boolean, not {kind_of(value)}.", "Compare it: x.length > 0, x === true, x !== null."
    )


def inverted(value: Value) -> bool | Unknown:
    if value is True or value is False:
        return not value
    return unknown_in(value) or not boolean(value)


def negated(value: Value) -> Value:
    if (lost := unknown_in(value)) is not None:
        return lost
    if not is_number(value):
        raise Misfit(f"`-` before {kind_of(value)} has no meaning.")
    return -double(value) if value else value


def equal(left: Value, right: Value) -> bool | Unknown:
    """`===`. Lists and objects have no identity here: comparing two of them is an error."""
    if (lost := unknown_in(left) or unknown_in(right)) is not None:
        return lost
    if isinstance(left, list | dict) and isinstance(right, list | dict):
        raise Misfit("Lists and objects cannot be compared as a whole.", "Compare a field, or a length.")
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return double(left) == double(right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return left is None and right is None


def strictly_equal(left: Value, right: Value, budget: Budget) -> bool | Unknown:
    if type(left) is str and type(right) is str:
        if len(left) == len(right):
            budget.look(len(left))
        return left == right
    return equal(left, right)


def strictly_different(left: Value, right: Value, budget: Budget) -> bool | Unknown:
    same = strictly_equal(left, right, budget)
    return same if isinstance(same, Unknown) else not same


def _comparing(sign: str, test: Callable[[Any, Any], bool]) -> Operator:
    """`< <= > >=` between two numbers or two texts."""

    def compare(left: Value, right: Value, budget: Budget) -> bool | Unknown:
        if type(left) in _NUMBERS and type(right) in _NUMBERS:
            if -SAFE <= left <= SAFE and -SAFE <= right <= SAFE:
                return test(left, right)
            return test(double(left), double(right))
        if (lost := unknown_in(left) or unknown_in(right)) is not None:
            return lost
        if isinstance(left, str) and isinstance(right, str):
            if sign in ("<", ">="):
                return less(left, right, budget) is (sign == "<")
            return less(right, left, budget) is (sign == ">")
        raise Misfit(f"`{sign}` compares {kind_of(left)} with {kind_of(right)}.", "Compare numbers, or texts.")

    return compare


def _computing(sign: str, compute: Callable[[Any, Any], int | float]) -> Operator:
    """`- * / %` between numbers, and `+`, which joins two texts as well."""

    def calculate(left: Value, right: Value, budget: Budget) -> Value:
        if type(left) in _NUMBERS and type(right) in _NUMBERS:
            result = compute(double(left), double(right))
            if type(result) is int and -SAFE <= result <= SAFE:
                return result
            if not math.isfinite(result):
                raise Misfit("The result is too large for a number.")
            return settled(result)
        if (lost := unknown_in(left) or unknown_in(right)) is not None:
            return lost
        if sign == "+" and isinstance(left, str) and isinstance(right, str):
            return joined((left, right), "", budget)
        cure = "Put it into a text with {{ }}, or use String(x)." if sign == "+" else ""
        raise Misfit(f"`{sign}` between {kind_of(left)} and {kind_of(right)} has no meaning.", cure)

    return calculate


def _product(a: int | float, b: int | float) -> int | float:
    result = a * b
    return result if type(result) is float or -SAFE <= result <= SAFE else float(a) * float(b)


def _quotient(a: int | float, b: int | float) -> float:
    if b == 0:
        raise Misfit("This divides by zero.", "Guard it: total > 0 ? part / total : unknown.")
    return float(a) / float(b)


def _remainder(a: int | float, b: int | float) -> float:
    if b == 0:
        raise Misfit("This divides by zero.", "Guard it: total > 0 ? part % total : unknown.")
    return math.fmod(a, b)


OPERATORS: Mapping[str, Operator] = {
    "===": strictly_equal,
    "!==": strictly_different,
    "<": _comparing("<", operator.lt),
    "<=": _comparing("<=", operator.le),
    ">": _comparing(">", operator.gt),
    ">=": _comparing(">=", operator.ge),
    "+": _computing("+", operator.add),
    "-": _computing("-", operator.sub),
    "*": _computing("*", _product),
    "/": _computing("/", _quotient),
    "%": _computing("%", _remainder),
}
