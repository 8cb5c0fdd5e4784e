"""The operators: what V8 answers where both sides fit, an error where JavaScript would convert, unknown where one is."""

from __future__ import annotations

import math
from typing import Any

from opsbook.playbooks.expressions.budget import Budget
from opsbook.playbooks.expressions.numbers import double, settled
from opsbook.playbooks.expressions.strings import joined, less
from opsbook.sdk.values import Unknown, unknown_in

Value = Any  # plain JSON, or Unknown


class Misfit(Exception):
    """Values that do not fit; whoever knows the place turns it into an error with a caret."""

    def __init__(self, sentence: str, cure: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.cure = cure


def kind_of(value: Value) -> str:
    """The word for a value's type in an error."""
    if value is None:
        return "null"
    kinds = ((bool, "a boolean"), (int | float, "a number"), (str, "a text"), (list, "a list"))
    return next((word for kind, word in kinds if isinstance(value, kind)), "an object")  # type: ignore[arg-type]


def either_unknown(left: Value, right: Value) -> Unknown | None:
    return unknown_in(left) or unknown_in(right)


def equal(left: Value, right: Value) -> bool | Unknown:
    """`===`. Lists and objects have no identity here: comparing two of them is an error."""
    if (lost := either_unknown(left, right)) is not None:
        return lost
    if isinstance(left, list | dict) and isinstance(right, list | dict):
        raise Misfit("Lists and objects cannot be compared as a whole.", "Compare a field, or a length.")
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return double(left) == double(right)
    return type(left) is type(right) and bool(left == right)


def compare(sign: str, left: Value, right: Value) -> bool | Unknown:
    """`< <= > >=` between two numbers or two texts."""
    if (lost := either_unknown(left, right)) is not None:
        return lost
    if is_number(left) and is_number(right):
        a, b = double(left), double(right)
        return a < b if sign == "<" else a <= b if sign == "<=" else a > b if sign == ">" else a >= b
    if isinstance(left, str) and isinstance(right, str):
        if sign in ("<", ">="):
            return less(left, right) is (sign == "<")
        return less(right, left) is (sign == ">")
    raise Misfit(f"`{sign}` compares {kind_of(left)} with {kind_of(right)}.", "Compare numbers, or texts.")


def arithmetic(sign: str, left: Value, right: Value, budget: Budget) -> Value:
    """`+ - * / %` between numbers; `+` joins two texts as well."""
    if (lost := either_unknown(left, right)) is not None:
        return lost
    if is_number(left) and is_number(right):
        return _computed(sign, double(left), double(right))
    if sign == "+" and isinstance(left, str) and isinstance(right, str):
        budget.grow(len(left) + len(right))
        return joined(left, right)
    cure = "Put it into a text with {{ }}, or use String(x)." if sign == "+" else ""
    raise Misfit(f"`{sign}` between {kind_of(left)} and {kind_of(right)} has no meaning.", cure)


def _computed(sign: str, a: int | float, b: int | float) -> int | float:
    if sign in "/%" and b == 0:
        raise Misfit("This divides by zero.", "Guard it: total > 0 ? part / total : unknown.")
    if sign == "+":
        result = a + b
    elif sign == "-":
        result = a - b
    elif sign == "*":
        result = a * b if not isinstance(a, int) or not isinstance(b, int) or abs(a * b) < 2**53 else float(a) * float(b)
    elif sign == "/":
        result = float(a) / float(b)
    else:
        result = math.fmod(a, b)
    if isinstance(result, float) and not math.isfinite(result):
        raise Misfit("The result is too large for a number.")
    return settled(result)


def negated(value: Value) -> Value:
    if (lost := unknown_in(value)) is not None:
        return lost
    if not is_number(value):
        raise Misfit(f"`-` before {kind_of(value)} has no meaning.")
    return -double(value) if value else value


def inverted(value: Value) -> bool | Unknown:
    if (lost := unknown_in(value)) is not None:
        return lost
    return not boolean(value)


def boolean(value: Value) -> bool:
    """The value as the boolean that it must be."""
    if value is True or value is False:
        return bool(value)
    raise Misfit(f"Here must stand a boolean, not {kind_of(value)}.", "Compare it: x.length > 0, x === true, x !== null.")


def is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
