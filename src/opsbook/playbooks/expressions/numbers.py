"""Numbers as JavaScript has them: doubles, and the text that a number turns into."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal

from opsbook.playbooks.expressions.source import Misfit

SAFE = 2**53
_EXACT = Context(prec=160)  # 21 digits before the point, 100 behind it


def double(value: int | float) -> int | float:
    """A JSON number as the double that JavaScript reads; small integers stay integers. Raises `Misfit`."""
    if -SAFE <= value <= SAFE:
        return value
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Misfit("The number is too large.")
    return number


def is_whole(value: int | float) -> bool:
    return isinstance(value, int) or value.is_integer()


def settled(value: int | float) -> int | float:
    """A result of arithmetic: an integral double that fits becomes an integer, so that it prints as one."""
    if type(value) is float and value.is_integer() and -SAFE <= value <= SAFE:
        return int(value)
    return double(value)


def text_of(value: int | float) -> str:
    """The number as JavaScript prints it (ECMA-262, Number::toString, radix 10)."""
    number = double(value)
    if number == 0:
        return "0"
    plain = str(number)
    if "e" not in plain:
        return plain.removesuffix(".0")
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    body = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent)
    minus = "-" if sign else ""
    count = len(body)
    if count <= point <= 21:
        return minus + body + "0" * (point - count)
    if 0 < point <= 21:
        return f"{minus}{body[:point]}.{body[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{body}"
    rest = f".{body[1:]}" if count > 1 else ""
    power = point - 1
    return f"{minus}{body[0]}{rest}e{'+' if power > 0 else '-'}{abs(power)}"


def fixed(value: int | float, digits: int) -> str:
    """`toFixed`: the exact double, rounded half away from zero (ECMA-262, Number.prototype.toFixed)."""
    if abs(value) >= 1e21:
        return text_of(value)
    rounded = Decimal(double(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _EXACT)
    shown = f"{rounded:.{digits}f}"
    return shown.removeprefix("-") if value == 0 else shown


def nearest(value: int | float) -> int | float:
    """`Math.round`: halves go up."""
    floor = math.floor(value)
    return settled(floor if value - floor < 0.5 else floor + 1)
