"""Which of the definitions a query counts by, read from the queries themselves, and a digest of what they say.

Two figures of one metric with the same digest were counted by the same words. With another digest they cannot be
compared: what moved may be the words and not the platform.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

DIGITS = 16  # of the digest, in hex: enough to tell a deployment's few sets of words apart
_NAMED = re.compile(r"^CREATE (MACRO|VIEW) (\w+)", re.MULTILINE)
_TERM = re.compile(r"\bterms\(\)\.(\w+)")
_CALL = re.compile(r"\b([a-z_]+)\(")
_NAME = re.compile(r"\b([a-z_]+)\b(?!\()")
_COMMENT = re.compile(r"--.*$", re.MULTILINE)


@cache
def terms_in(query: str) -> tuple[str, ...]:
    """The terms that a query of `metrics/` asks for, by itself or by what `definitions.sql` gives it; by name."""
    return tuple(sorted(set(_terms_of(_COMMENT.sub("", query), frozenset()))))


def digest_of(query: str, terms: Mapping[str, Any]) -> str:
    """16 hex digits of the values of the terms that a query asks for."""
    used = {name: terms[name] for name in terms_in(query)}
    return sha256(json.dumps(used, sort_keys=True).encode()).hexdigest()[:DIGITS]


def _terms_of(text: str, seen: frozenset[tuple[str, str]]) -> Iterator[str]:
    yield from _TERM.findall(text)
    used = {("MACRO", name) for name in _CALL.findall(text)} | {("VIEW", name) for name in _NAME.findall(text)}
    shared = _shared()
    for one in used & shared.keys() - seen:
        yield from _terms_of(shared[one], seen | {one})


@cache
def _shared() -> Mapping[tuple[str, str], str]:
    """What `definitions.sql` makes, by kind and name, each with its text."""
    text = _COMMENT.sub("", files(__package__).joinpath("definitions.sql").read_text("utf-8"))
    places = [*_NAMED.finditer(text)]
    ends = [place.start() for place in places[1:]] + [len(text)]
    texts = (text[place.end() : end] for place, end in zip(places, ends, strict=True))
    return {(place[1], place[2]): body for place, body in zip(places, texts, strict=True) if place[2] != "terms"}
