"""What a text claims, sentence by sentence: a claim is a piece of text that only a fact may carry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from opsbook.agents.checking.addresses import addresses_in
from opsbook.agents.checking.dates import Day, days_in
from opsbook.agents.checking.numbers import Number, numbers_in


class Kind(StrEnum):
    """What a claim is about."""

    NUMBER = "number"
    DAY = "day"
    WORD = "word"  # a status or another word that some fact has as its value
    NAME = "name"
    ADDRESS = "address"  # a link, a mail address, a handle, a telephone number


@dataclass(frozen=True)
class Claim:
    """One claim. `start` and `end` are places in its sentence; what it says stands in the one that fits its kind."""

    kind: Kind
    text: str
    start: int
    end: int
    number: Number | None = None
    day: Day | None = None


@dataclass(frozen=True)
class Sentence:
    """One sentence, line or cell of a table's row, with its claims in their order."""

    text: str
    claims: tuple[Claim, ...]

    def names(self) -> list[Claim]:
        return [claim for claim in self.claims if claim.kind is Kind.NAME]


_ENDS = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9$\"'(*_\[])|\n+|(?<=\|)\s*\n")
_CAPITAL = re.compile(r"\b[A-Z][\w'’&-]*(?:\s+(?:of|and|the|&)\s+[A-Z][\w'’&-]*|\s+[A-Z][\w'’&-]*)*")


def sentences_in(text: str, names: Sequence[str], words: Sequence[str], ordinary: frozenset[str]) -> Iterator[Sentence]:
    """The sentences of a text.

    `names` are the names that facts are about; `words` the words that facts have as values; `ordinary` words, in small
    letters, that begin with a capital without being anybody's name.
    """
    known = _any_of(names)
    valued = _any_of(words)
    for part in _ENDS.split(unicodedata.normalize("NFKC", text)):
        if part and part.strip():
            yield Sentence(part, tuple(_claims(part, known, valued, ordinary)))


def _claims(
    text: str, known: re.Pattern[str] | None, valued: re.Pattern[str] | None, ordinary: frozenset[str]
) -> list[Claim]:
    """Each place of the text belongs to one claim: addresses first, then names, days, numbers and words."""
    found = [Claim(Kind.ADDRESS, text[start:end], start, end) for start, end in addresses_in(text)]
    if known:
        for one in known.finditer(text):
            _add(found, Claim(Kind.NAME, one[0], one.start(), one.end()))
    for day in days_in(text):
        _add(found, Claim(Kind.DAY, text[day.start : day.end], day.start, day.end, day=day))
    for number in numbers_in(text):
        _add(found, Claim(Kind.NUMBER, text[number.start : number.end], number.start, number.end, number=number))
    if valued:
        for one in valued.finditer(text):
            _add(found, Claim(Kind.WORD, one[0], one.start(), one.end()))
    for one in _CAPITAL.finditer(text):
        strange = _strange(one[0], text[: one.start()], ordinary)
        if strange:
            place = one.start() + one[0].index(strange)
            _add(found, Claim(Kind.NAME, strange, place, place + len(strange)))
    return sorted(found, key=lambda claim: claim.start)


def _strange(text: str, before: str, ordinary: frozenset[str]) -> str:
    """The part of a run of capitalised words that reads like a name; empty when it is ordinary speech.

    A single word at the beginning of a sentence is ordinary: every sentence begins with a capital.
    """
    parts = text.split()
    first = not before.strip(" *_#>-|([\"'0123456789.")
    while parts and _plain(parts[0]) in ordinary:
        parts = parts[1:]
        first = False
    while parts and _plain(parts[-1]) in ordinary:
        parts = parts[:-1]
    if not parts or all(_plain(one) in ordinary for one in parts) or (first and len(parts) == 1):
        return ""
    start = text.index(parts[0])
    return text[start : text.rindex(parts[-1]) + len(parts[-1])]


def _plain(word: str) -> str:
    return word.strip(".,:;!?()\"'*_").removesuffix("'s").removesuffix("’s").lower()


def _add(found: list[Claim], claim: Claim) -> None:
    if not any(claim.start < other.end and other.start < claim.end for other in found):
        found.append(claim)


def _any_of(texts: Sequence[str]) -> re.Pattern[str] | None:
    longest = sorted({text for text in texts if text.strip()}, key=lambda text: (-len(text), text))
    if not longest:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(text) for text in longest)})(?!\w)", re.IGNORECASE)
