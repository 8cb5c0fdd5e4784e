"""The methods of texts and numbers. Indices and lengths count UTF-16 units."""

from __future__ import annotations

from opsbook.playbooks.expressions.budget import HEAD, ITEM, Budget
from opsbook.playbooks.expressions.lists import clamp
from opsbook.playbooks.expressions.methods import Method
from opsbook.playbooks.expressions.numbers import fixed, text_of
from opsbook.playbooks.expressions.source import Misfit
from opsbook.playbooks.expressions.strings import (
    WHITE,
    apart,
    cut,
    halved,
    holds,
    index,
    joined,
    length,
    mended,
    replaced,
    weight,
)


def _upper(budget: Budget, text: str) -> str:
    budget.grow(3 * weight(text))
    return text.upper()


def _lower(budget: Budget, text: str) -> str:
    budget.grow(3 * weight(text))
    return text.lower()


def _trim(budget: Budget, text: str) -> str:
    budget.grow(weight(text))
    return text.strip(WHITE)


def _trim_start(budget: Budget, text: str) -> str:
    budget.grow(weight(text))
    return text.lstrip(WHITE)


def _trim_end(budget: Budget, text: str) -> str:
    budget.grow(weight(text))
    return text.rstrip(WHITE)


def _split(budget: Budget, text: str, between: str, most: int | None = None) -> list[str]:
    if most is not None and not 0 <= most < 2**32:
        raise Misfit("its limit is not a count.")
    budget.look(2 * len(text))
    if not between or halved(between):
        text, between = apart(text, budget), apart(between, budget)
    count = text.count(between) + 1 if between else len(text)
    budget.grow(count * (HEAD + ITEM) + 2 * weight(text))
    parts = text.split(between) if between else list(text)
    return [mended(part, budget) for part in parts[:most]] if between else parts[:most]


def _starts_with(budget: Budget, text: str, part: str) -> bool:
    budget.look(len(part))
    return apart(text, budget).startswith(apart(part, budget)) if halved(part) else text.startswith(part)


def _ends_with(budget: Budget, text: str, part: str) -> bool:
    budget.look(len(part))
    return apart(text, budget).endswith(apart(part, budget)) if halved(part) else text.endswith(part)


def _includes(budget: Budget, text: str, part: str) -> bool:
    return holds(text, part, budget)


def _index_of(budget: Budget, text: str, part: str, start: int = 0) -> int:
    return index(text, part, max(0, start), budget)


def _slice(budget: Budget, text: str, start: int = 0, end: int | None = None) -> str:
    size = length(text, budget)
    return cut(text, clamp(start, size), size if end is None else clamp(end, size), budget)


def _substring(budget: Budget, text: str, start: int, end: int | None = None) -> str:
    size = length(text, budget)
    first, last = max(0, min(start, size)), size if end is None else max(0, min(end, size))
    return cut(text, min(first, last), max(first, last), budget)


def _replace(budget: Budget, text: str, old: str, new: str) -> str:
    return replaced(text, old, new, False, budget)


def _replace_all(budget: Budget, text: str, old: str, new: str) -> str:
    return replaced(text, old, new, True, budget)


def _padding(budget: Budget, text: str, size: int, fill: str) -> str:
    missing = size - length(text, budget)
    if missing <= 0 or not fill:
        return ""
    step = length(fill, budget)
    budget.grow((missing + step) * (1 if fill.isascii() else 4))
    return cut(mended(fill * (missing // step + 1), budget), 0, missing, budget)


def _pad_start(budget: Budget, text: str, size: int, fill: str = " ") -> str:
    return joined([_padding(budget, text, size, fill), text], "", budget)


def _pad_end(budget: Budget, text: str, size: int, fill: str = " ") -> str:
    return joined([text, _padding(budget, text, size, fill)], "", budget)


def _repeat(budget: Budget, text: str, times: int) -> str:
    if times < 0:
        raise Misfit("it is given a negative count.")
    budget.grow(weight(text) * times)
    return mended(text * times, budget) if text else ""


def _at(budget: Budget, text: str, place: int) -> str | None:
    size = length(text, budget)
    place = place + size if place < 0 else place
    return cut(text, place, place + 1, budget) if 0 <= place < size else None


def _char_at(budget: Budget, text: str, place: int) -> str:
    return cut(text, place, place + 1, budget) if 0 <= place < length(text, budget) else ""


def _to_fixed(budget: Budget, value: int | float, digits: int = 0) -> str:
    if not 0 <= digits <= 100:
        raise Misfit("it takes 0 to 100 digits.")
    budget.spend(20)
    return fixed(value, digits)


def _number_to_string(budget: Budget, value: int | float) -> str:
    budget.spend(8)
    return text_of(value)


TEXT = {
    "toUpperCase": Method(_upper),
    "toLowerCase": Method(_lower),
    "trim": Method(_trim),
    "trimStart": Method(_trim_start),
    "trimEnd": Method(_trim_end),
    "split": Method(_split, "text integer?"),
    "startsWith": Method(_starts_with, "text"),
    "endsWith": Method(_ends_with, "text"),
    "includes": Method(_includes, "text"),
    "indexOf": Method(_index_of, "text integer?"),
    "slice": Method(_slice, "integer? integer?"),
    "substring": Method(_substring, "integer integer?"),
    "replace": Method(_replace, "text text"),
    "replaceAll": Method(_replace_all, "text text"),
    "padStart": Method(_pad_start, "integer text?"),
    "padEnd": Method(_pad_end, "integer text?"),
    "repeat": Method(_repeat, "integer"),
    "at": Method(_at, "integer"),
    "charAt": Method(_char_at, "integer"),
}
NUMBER = {
    "toFixed": Method(_to_fixed, "integer?"),
    "toString": Method(_number_to_string),
}
