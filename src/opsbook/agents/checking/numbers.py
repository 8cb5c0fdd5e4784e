"""Figures as people write them: digits, signs, scales, units, and the English words for numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

UNITS = {
    "cents": ("$", "usd", "dollar", "dollars"),
    "ratio": ("%", "percent", "per cent", "percentage points", "percentage point"),
    "ms": ("ms", "millisecond", "milliseconds"),
    "seconds": ("s", "sec", "second", "seconds"),
    "minutes": ("min", "mins", "minute", "minutes"),
    "hours": ("h", "hour", "hours"),
    "days": ("d", "day", "days"),
    "weeks": ("week", "weeks"),
}
SECONDS = {
    "ms": Decimal("0.001"),
    "seconds": Decimal(1),
    "minutes": Decimal(60),
    "hours": Decimal(3600),
    "days": Decimal(86400),
    "weeks": Decimal(604800),
}
SCALES = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000, "bn": 10**9, "billion": 10**9}
_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_ONES += " seventeen eighteen nineteen"
WORDS = {word: number for number, word in enumerate(_ONES.split())}
TENS = {
    word: 10 * number
    for number, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
HUNDREDS = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
OTHERS = {
    "none": Decimal(0),
    "no one": Decimal(0),
    "nobody": Decimal(0),
    "a dozen": Decimal(12),
    "dozens": None,
    "hundreds": None,
    "thousands": None,
    "millions": None,
}
SHARES = {
    "half": Decimal("0.5"),
    "a third": Decimal(1) / 3,
    "one third": Decimal(1) / 3,
    "two thirds": Decimal(2) / 3,
    "a quarter": Decimal("0.25"),
    "one quarter": Decimal("0.25"),
    "three quarters": Decimal("0.75"),
    "a tenth": Decimal("0.1"),
    "a fifth": Decimal("0.2"),
}
GROWTH: dict[str, Decimal] = {
    "doubled": Decimal(2),
    "doubling": Decimal(2),
    "doubles": Decimal(2),
    "twice": Decimal(2),
    "tripled": Decimal(3),
    "trebled": Decimal(3),
    "threefold": Decimal(3),
    "twofold": Decimal(2),
    "quadrupled": Decimal(4),
    "tenfold": Decimal(10),
    "halved": Decimal("0.5"),
    "halving": Decimal("0.5"),
}


@dataclass(frozen=True)
class Number:
    """One figure. `unit` is cents, ratio, seconds, times (doubled: 2) or empty; `value` is in that unit.

    `step` is the size of the last place that was written, so that what was rounded can be told from what is wrong. A
    `value` of None is a vague number ("dozens"), which no fact carries. `counted` is the number alone and `counts` the
    word behind it, for facts that count that very thing (days silent).
    """

    value: Decimal | None
    unit: str
    step: Decimal
    start: int
    end: int
    counted: Decimal | None = None
    counts: str = ""


_UNIT_WORDS = "|".join(
    re.escape(word)
    for word in sorted((w for words in UNITS.values() for w in words), key=len, reverse=True)
    if word != "$"
)
_DIGITS = re.compile(
    r"(?P<sign>[-+−–]\s?)?(?P<money>[$€£]\s?)?(?P<minus>[-−])?"
    r"(?P<number>\d{1,3}(?:[,  ’']\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    rf"(?:\s?(?P<scale>k|m|bn|thousand|million|billion)(?![\w]))?(?:[\s-]?(?P<unit>{_UNIT_WORDS})(?!\w))?(?P<nth>st|nd|rd|th)?",
    re.IGNORECASE,
)
_SPELLED = rf"(?:{'|'.join([*TENS, *WORDS, *HUNDREDS])})"
_WORDS = re.compile(
    rf"\b(?P<spelled>(?:a\s+(?=hundred|thousand|million))?{_SPELLED}(?:(?:[\s-]|\s+and\s+){_SPELLED})*)\b"
    rf"(?:[\s-](?P<unit>{_UNIT_WORDS})(?!\w))?",
    re.IGNORECASE,
)


def _choice(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})\b", re.I)


_FRACTION = re.compile(r"(?<![\d/⁄])(\d{1,3})\s?[/⁄]\s?([1-9]\d{0,2})(?![\d/⁄])")
_SHARES, _GROWTH, _OTHERS = _choice(SHARES), _choice(GROWTH), _choice(OTHERS)


def numbers_in(text: str) -> Iterator[Number]:
    """The figures of a text, words included; "one" alone is left to ordinary speech."""
    taken: list[tuple[int, int]] = []
    for found in (_fractions(text), _digits(text), _shares(text), _growth(text), _spelled(text), _vague(text)):
        for number in found:
            if not any(number.start < end and start < number.end for start, end in taken):
                taken.append((number.start, number.end))
                yield number
    for place, character in enumerate(text):  # what digits of other scripts and fractions of one sign say
        if character.isnumeric() and not character.isascii() and not any(start <= place < end for start, end in taken):
            yield Number(_sign_value(character), "", Decimal(1), place, place + 1)


def _digits(text: str) -> Iterator[Number]:
    for found in _DIGITS.finditer(text):
        before = text[found.start() - 1 : found.start()]
        if before.isalpha() or before in ("_", "#"):
            continue  # a part of a name such as Q3 or f12: no figure of its own
        raw = re.sub(r"[,  ’']", "", found["number"])
        value, step = Decimal(raw), Decimal(1).scaleb(-len(raw.partition(".")[2]))
        scale = SCALES.get((found["scale"] or "").lower(), 1)
        negative = "-" in ((found["sign"] or "") + (found["minus"] or "")).replace("−", "-").replace("–", "-")
        unit = "cents" if found["money"] else _unit(found["unit"])
        counted = value * scale
        value, step = _in_unit(-value if negative else value, unit) * scale, _in_unit(step, unit) * scale
        yield Number(value, _canonical(unit), step, found.start(), found.end(), counted, (found["unit"] or "").lower())


def _fractions(text: str) -> Iterator[Number]:
    for found in _FRACTION.finditer(text):
        yield Number(Decimal(found[1]) / Decimal(found[2]), "ratio", Decimal("0.02"), found.start(), found.end())


def _spelled(text: str) -> Iterator[Number]:
    for found in _WORDS.finditer(text):
        words = re.split(r"[\s-]+", found["spelled"].lower())
        unit = _unit(found["unit"])
        if words in (["one"], ["a"]) and not unit:
            continue
        counted = Decimal(_sum([word for word in words if word not in ("a", "and")]))
        value, step = _in_unit(counted, unit), _in_unit(Decimal(1), unit)
        yield Number(value, _canonical(unit), step, found.start(), found.end(), counted, (found["unit"] or "").lower())


def _shares(text: str) -> Iterator[Number]:
    for found in _SHARES.finditer(text):
        yield Number(SHARES[found[1].lower()], "ratio", Decimal("0.04"), found.start(), found.end())


def _growth(text: str) -> Iterator[Number]:
    for found in _GROWTH.finditer(text):
        value = GROWTH[found[1].lower()]
        yield Number(value, "times", value / 5, found.start(), found.end())


def _vague(text: str) -> Iterator[Number]:
    for found in _OTHERS.finditer(text):
        yield Number(OTHERS[found[1].lower()], "", Decimal(1), found.start(), found.end())


def _sum(words: list[str]) -> int:
    """`two hundred and sixty five` as 265."""
    total, part = 0, 0
    for word in words:
        if word in HUNDREDS:
            if HUNDREDS[word] == 100:
                part = (part or 1) * 100
            else:
                total, part = total + (part or 1) * HUNDREDS[word], 0
        else:
            part += WORDS.get(word, 0) + TENS.get(word, 0)
    return total + part


def _sign_value(character: str) -> Decimal | None:
    number = unicodedata.numeric(character, None)
    return None if number is None else Decimal(str(number))


def _unit(word: str | None) -> str:
    low = " ".join((word or "").lower().split())
    return next((unit for unit, words in UNITS.items() if low in words), "") if low else ""


def _in_unit(value: Decimal, unit: str) -> Decimal:
    if unit == "cents":
        return value * 100
    return value / 100 if unit == "ratio" else value * SECONDS.get(unit, 1)


def _canonical(unit: str) -> str:
    return "seconds" if unit in SECONDS else unit
