"""Pipes: how a value reads in a text. `{{ revenue | money("EUR") }}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from opsbook.playbooks.expressions.budget import Budget
from opsbook.playbooks.expressions.methods import Method
from opsbook.playbooks.expressions.numbers import double, fixed, text_of
from opsbook.playbooks.expressions.operators import kind_of
from opsbook.playbooks.expressions.showing import displayable, displayed, measured_in
from opsbook.playbooks.expressions.source import Misfit
from opsbook.playbooks.expressions.strings import weight
from opsbook.playbooks.zones import zone
from opsbook.sdk.values import unknown_in

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_WHOLE = frozenset({"JPY", "KRW", "CLP", "ISK", "VND"})  # currencies without a smaller unit
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?([Zz]|[+-]\d\d:\d\d))?", re.ASCII)
_STYLES = ("full", "day", "time")
COLUMNS = 12
WORK = 24  # steps of writing one figure or date


def _money(budget: Budget, cents: int, currency: str = "USD") -> str:
    budget.spend(WORK)
    if re.fullmatch("[A-Z]{3}", currency) is None:
        raise Misfit("a currency is three capital letters, such as EUR.")
    sign, amount = "-" if cents < 0 else "", abs(cents)
    shown = f"{amount:,}" if currency in _WHOLE else f"{amount // 100:,}.{amount % 100:02}"
    return f"{sign}{_SYMBOLS.get(currency, currency + ' ')}{shown}"


def _percent(budget: Budget, ratio: int | float, digits: int | None = None) -> str:
    budget.spend(WORK)
    _few(digits)
    percent = Decimal(repr(double(ratio))) * 100
    if abs(percent) >= 10**15:
        raise Misfit("the ratio is too large.")
    rounded = percent.quantize(Decimal(1).scaleb(-(1 if digits is None else digits)), ROUND_HALF_UP)
    shown = f"{rounded:,f}" if rounded else f"{abs(rounded):f}"
    return f"{shown.removesuffix('.0') if digits is None else shown}%"


def _number(budget: Budget, value: int | float, digits: int | None = None) -> str:
    budget.spend(WORK)
    _few(digits)
    shown = text_of(value) if digits is None else fixed(double(value), digits)
    whole, point, rest = shown.partition(".")
    if not whole.lstrip("-").isdigit():
        return shown
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-')):,}{point}{rest}"


def _few(digits: int | None) -> None:
    if digits is not None and not 0 <= digits <= 12:
        raise Misfit("it takes 0 to 12 digits.")


def _date(budget: Budget, when: str, place: str = "", style: str = "full") -> str:
    budget.spend(WORK)
    if style not in _STYLES:
        raise Misfit(f"its style is one of {', '.join(_STYLES)}.")
    match = _TIME.fullmatch(when)
    if match is None:
        raise Misfit("this is not a date.", "Write it like 2026-11-25 or 2026-11-25T09:00:00Z, the offset included.")
    day, minute, seconds, offset = match.groups()
    try:
        if minute is None:
            return _day(date.fromisoformat(day))
        moment = datetime.fromisoformat(f"{day}T{minute}{seconds or ':00'}{offset.upper()}")
        if place:
            moment = moment.astimezone(zone(place))
    except (ValueError, OverflowError) as error:
        raise Misfit(f"this date cannot be shown: {error}.") from None
    shown = f"{moment:%H:%M} {moment.tzname()}"
    return shown if style == "time" else _day(moment) if style == "day" else f"{_day(moment)}, {shown}"


def _day(when: date) -> str:
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def _bullets(budget: Budget, items: list[Any], field: str | None = None) -> str:
    budget.spend(4 * len(items))
    lines = [f"- {displayed(item if field is None else _field(item, field))}" for item in items]
    budget.grow(sum(map(weight, lines)) + len(lines))
    return "\n".join(lines) if lines else "none"


def _table(budget: Budget, rows: list[Any], *columns: str) -> str:
    budget.spend(4 * len(rows))
    for row in rows:
        if not isinstance(row, dict):
            raise Misfit(f"it takes a list of objects; an item is {kind_of(row)}.", "Use `| bullets`.")
    if not rows:
        return "none"
    shown = columns or _columns(budget, rows)
    budget.spend(4 * len(rows) * len(shown))
    lines = [_line([column.replace("_", " ").capitalize() for column in shown]), _line(["---"] * len(shown))]
    for row in rows:
        lines.append(_line([_cell(_field(row, column)) for column in shown]))
        budget.grow(weight(lines[-1]))
    return "\n".join(lines)


def _columns(budget: Budget, rows: list[Any]) -> list[str]:
    """Every field that has a form in every row, in the order of appearance."""
    budget.spend(sum(map(len, rows)))
    found: dict[str, bool] = {}
    for row in rows:
        for key, value in row.items():
            found[key] = found.get(key, True) and displayable(value)
    names = [key for key, fits in found.items() if fits]
    if not names or len(names) > COLUMNS:
        raise Misfit(f"it shows 1 to {COLUMNS} columns.", 'Name them: `| table("name", "total")`.')
    return names


def _field(item: Any, name: str) -> Any:
    lost = unknown_in(item)
    if lost is not None:
        return lost
    if not isinstance(item, dict):
        raise Misfit(f"it takes a list of objects; an item is {kind_of(item)}.")
    return item.get(name)


def _cell(value: Any) -> str:
    text = "" if value is None else displayed(value)
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\r", "").replace("\n", " ")


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _default(budget: Budget, value: Any, instead: str) -> Any:
    return instead if value is None or unknown_in(value) is not None else value


DEFAULT = "default"
PIPES: Mapping[str, Method] = {
    "money": Method(_money, "integer text?"),
    "percent": Method(_percent, "number integer?"),
    "number": Method(_number, "number integer?"),
    "date": Method(_date, "text text? text?"),
    "bullets": Method(_bullets, "list text?"),
    "table": Method(_table, "list text*"),
    DEFAULT: Method(_default, "any text"),
}


def piped(name: str, value: Any, arguments: list[Any], budget: Budget) -> Any:
    """The value behind the pipe. What is unknown stays so, but for `default`. Raises `Misfit`."""
    if name != DEFAULT:
        lost = unknown_in(value)
        if lost is not None:
            return lost
    return PIPES[name].call(budget, (), [measured_in(value), *arguments])
