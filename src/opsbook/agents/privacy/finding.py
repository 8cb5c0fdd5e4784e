"""Finds in a text that somebody wrote what could say who or where somebody is.

Such a text says nothing about its own words, so the doubt goes against them: a word with a capital, in foreign letters,
between quotation marks, behind an equals sign or after a word such as `customer` is taken for a name unless it is one
of the vocabulary, and a word with digits in it for an id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from opsbook.agents.checking.addresses import Way, ways_in
from opsbook.agents.checking.dates import MONTHS, WEEKDAYS, days_in
from opsbook.agents.privacy.tokens import Kind
from opsbook.agents.privacy.vocabulary import AFTER_PERSONS, ENDS, ERRORS, JOINS, KNOWN, PERSONS

MOST_WORDS = 6  # of one name; more words with capitals are several, or a sentence
LINK = None  # what a link is hidden as: no token, for no link comes back
_KIND = {Way.LINK: LINK, Way.MAIL: Kind.EMAIL, Way.HANDLE: Kind.ID, Way.PHONE: Kind.PHONE}
_STREETS = "street st avenue ave road rd lane ln drive dr court ct boulevard blvd place pl square sq way highway hwy"
_STREETS += " terrace close crescent strasse straße weg platz allee gasse rue via calle avenida plaza"
_BEGINS = r"(?:rue|via|calle|avenida|plaza|av\.?)"
_STREET = re.compile(
    rf"\b\d{{1,6}}[a-z]?,?\s+(?:[\w'’.-]+\s+){{1,4}}(?:{'|'.join(_STREETS.split())})\b\.?"
    rf"|\b[^\W\d_][\w'’-]*(?:straße|strasse|str\.|weg|platz|allee|gasse)\s+\d{{1,5}}[a-z]?\b"
    rf"|\b{_BEGINS}\s+(?:[\w'’-]+\s+){{0,4}}[\w'’-]+,?\s+\d{{1,5}}\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"(?<!\w)([\"'“”‘’`])([^\"'“”‘’`]{1,200})[\"'“”‘’`](?!\w)")
_SET = re.compile(r"(?<=[=])\s?[^\s,;&)]+")
_WORD = re.compile(r"[^\W_](?:[\w'’-]*\w)?|_[\w]+")
_PLAIN_NUMBER = re.compile(
    r"\d{1,5}(?:ms|s|min|h|d|k|m|kb|mb|gb|xx|th|st|nd|rd)?|[1-5]xx|v\d{1,2}|q[1-4]|p\d\d|http2|ipv[46]|utf8|sha256|base64|oauth2|s3|ec2",
    re.IGNORECASE,
)
_CALENDAR = frozenset((*MONTHS, *WEEKDAYS, *(day[:3] for day in (*MONTHS, *WEEKDAYS))))


@dataclass(frozen=True)
class Trace:
    """A piece of a text that could tell of somebody; `kind` is None for a link."""

    start: int
    end: int
    kind: Kind | None


def traces_in(text: str) -> list[Trace]:
    """What a text gives away, in its order, no two over each other; the surest way to read a place comes first."""
    found: list[Trace] = []
    for trace in _every(text):
        if not any(trace.start < other.end and other.start < trace.end for other in found):
            found.append(trace)
    return sorted(found, key=lambda one: one.start)


def _every(text: str) -> Iterator[Trace]:
    for way in ways_in(text):
        yield Trace(way.start, way.end, _KIND[way.way])
    for street in _STREET.finditer(text):
        yield Trace(*street.span(), Kind.PLACE)
    for quoted in _QUOTED.finditer(text):
        if not _is_known(quoted[2]):
            yield Trace(*quoted.span(2), Kind.NAME)
    for value in _SET.finditer(text):
        if not _is_known(value[0].strip("\"' ")):
            yield Trace(*value.span(), Kind.ID)
    yield from _words(text, [(day.start, day.end) for day in days_in(text)])


def _words(text: str, days: list[tuple[int, int]]) -> Iterator[Trace]:
    """Ids word by word; names as the runs of words that they are, up to `MOST_WORDS` of them."""
    found = [(word, None if _inside(word, days) else _kind_of(word[0], before)) for before, word in _in_pairs(text)]
    names: list[tuple[int, int, int]] = []
    for place, (word, kind) in enumerate(found):
        start, end = word.span()
        if kind is Kind.ID:
            yield Trace(start, end, kind)
        elif kind is Kind.NAME or (word[0][0].isupper() and _beside_a_name(text, found, place)):
            first, last, words = names[-1] if names else (0, 0, MOST_WORDS)
            if words < MOST_WORDS and all(one.lower() in JOINS for one in text[last:start].split()):
                names[-1] = (first, end, words + 1)
            else:
                names.append((start, end, 1))
    for start, end, _ in names:
        yield Trace(start, end, Kind.NAME)


def _in_pairs(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Every word with the one before it."""
    before = ""
    for word in _WORD.finditer(text):
        yield before, word
        before = word[0]


def _inside(word: re.Match[str], days: list[tuple[int, int]]) -> bool:
    return any(first <= word.start() < last for first, last in days)


def _beside_a_name(text: str, found: list[tuple[re.Match[str], Kind | None]], place: int) -> bool:
    """Whether nothing but blanks is between a word and one that is a name: it belongs to it then (`Elm Row`)."""
    word = found[place][0]
    if word[0].lower() not in KNOWN:
        return False
    beside = found[max(0, place - 1) : place] + found[place + 1 : place + 2]
    return any(kind is Kind.NAME and not _between(text, one, word).strip() for one, kind in beside)


def _between(text: str, one: re.Match[str], other: re.Match[str]) -> str:
    return text[min(one.end(), other.end()) : max(one.start(), other.start())]


def _kind_of(word: str, before: str) -> Kind | None:
    """What a word is taken for; None for one that says nothing of anybody."""
    low = word.lower().removesuffix("'s").removesuffix("’s")
    if low in KNOWN or low in _CALENDAR or word in ERRORS or _PLAIN_NUMBER.fullmatch(word):
        return None
    if any(character.isdigit() for character in word):
        return Kind.ID
    if not word.isascii():
        return Kind.NAME
    if "_" in word or "-" in word:
        return None if all(part in KNOWN for part in re.split(r"[_-]+", low) if part) else Kind.ID
    if word.endswith(ENDS) and word not in ENDS:
        return None
    named = before.lower() in PERSONS and low not in AFTER_PERSONS
    return Kind.NAME if named or word != word.lower() else None


def _is_known(text: str) -> bool:
    """Whether every word of a text is one of ours."""
    words = re.findall(r"[^\W_]+", text)
    return all(word.lower() in KNOWN or _PLAIN_NUMBER.fullmatch(word) for word in words)
