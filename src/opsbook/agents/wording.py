"""Values as people read them. Pure; the same value always reads the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from opsbook.agents.cleaning import visible
from opsbook.sdk.values import unknown_in

_MARKUP = re.compile(r"([\\`*\[\]<>|])")
_UNESCAPED = re.compile(r"\\[\\`*\[\]<>|#.)+=-]|([\\`*\[\]<>|])")
_BLOCK = re.compile(r"(#{1,6}(?=\s|$)|[+-](?=\s|$)|-{3,}|={1,}|\d{1,9}(?=[.)](?:\s|$)))")


def count(value: float) -> str:
    """`12,340`, or one decimal when it is not whole."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def money(cents: float, currency: str = "USD") -> str:
    """Integer cents as `$1,234.50`; a sum below zero as `-$5.00`; other currencies by their code."""
    amount = Decimal(round(cents)) / 100
    sign = "-" if amount < 0 else ""
    return f"{sign}${abs(amount):,.2f}" if currency == "USD" else f"{sign}{abs(amount):,.2f} {currency}"


def percent(ratio: float) -> str:
    """A ratio as percent with one decimal, two below 1 %: `4.2 %`, `0.35 %`."""
    figure = ratio * 100
    return f"{figure:.2f} %" if 0 < abs(figure) < 1 else f"{figure:.1f} %"


def milliseconds(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def seconds(value: float) -> str:
    """The largest unit, above an hour with the one below it: `2 d 5 h`, `3 h 12 min`, `7 h`, `4 min`, `18 s`."""
    whole = int(value)
    units = (("d", whole // 86400), ("h", whole // 3600 % 24), ("min", whole // 60 % 60), ("s", whole % 60))
    first = next((place for place, (_, number) in enumerate(units) if number), 3)
    shown = units[first : first + (2 if whole >= 3600 else 1)]
    return " ".join(f"{number} {unit}" for unit, number in shown if number) or "0 s"


def moment(value: str | datetime, zone: ZoneInfo) -> str:
    """`Tue 24 Nov 2026, 09:00 EST` in the run's zone; a text that is no time stays as it is."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return inline(value)
    if at.tzinfo is None:
        return inline(value)
    return at.astimezone(zone).strftime("%a %-d %b %Y, %H:%M %Z")


UNITS: Mapping[str, Callable[[float], str]] = {
    "count": count,
    "cents": money,
    "ratio": percent,
    "ms": milliseconds,
    "seconds": seconds,
}


def figure(value: Any, unit: str = "count") -> str:
    """A measurement or a bare number in words; one that was not measured says why."""
    if unknown := unknown_in(value):
        why = inline(unknown.reason) or "no reason was given"
        seen = value.get("observed") if isinstance(value, Mapping) else None
        if isinstance(seen, int | float):
            return f"could not be judged: {why} (seen: {UNITS[unit](seen)})"
        return f"could not be measured: {why}"
    number = value.get("value") if isinstance(value, Mapping) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        return "could not be measured: no figure was returned" if number is None else inline(number)
    if unit == "cents" and isinstance(value, Mapping) and value.get("currency"):
        return money(number, str(value["currency"]))
    return UNITS[unit](number)


def signed(value: Any, unit: str) -> str:
    """Like `figure`, with a plus where it went up."""
    text = figure(value, unit)
    number = value.get("value") if isinstance(value, Mapping) else value
    return f"+{text}" if isinstance(number, int | float) and number > 0 else text


def inline(value: object) -> str:
    """A text from outside on one line, its Markdown taken literally: it is data, whatever it says."""
    return _MARKUP.sub(r"\\\1", visible(str(value)))


def inert(text: str) -> str:
    """A text on one line, what is left of its Markdown taken literally. Safe to repeat, and after `inline`."""
    return _UNESCAPED.sub(lambda found: f"\\{found[0]}" if found[1] else found[0], visible(text))


def paragraph(text: str) -> str:
    """One paragraph of a report that begins no heading, list or rule, whatever its first word is."""
    found = _BLOCK.match(text)
    if not found:
        return text
    place = found.end() if found[0].isdigit() else 0
    return f"{text[:place]}\\{text[place:]}"


def listed(parts: Sequence[str], most: int = 8) -> str:
    """`a, b and c`; beyond `most` the rest is counted: `a, b and 3 more`."""
    shown = list(parts[:most])
    if len(parts) > most:
        return f"{', '.join(shown)} and {len(parts) - most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def plural(number: int, one: str, many: str = "") -> str:
    """`1 system`, `3 systems`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"
