"""Where in a source something is, and the error that points there."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from opsbook.sdk.errors import InvalidDefinition, Place, Problem

WINDOW = 100  # characters of source that an error shows
LONGEST_NAME = 60  # longer names are not compared, and are cut where they are shown
COMPARED = 500  # names that are compared at most


class Misfit(Exception):
    """Values that do not fit; whoever knows the place turns it into an error with a caret."""

    def __init__(self, sentence: str, cure: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.cure = cure


def refusal(source: str, at: int, sentence: str, cure: str = "", code: str = "expression") -> InvalidDefinition:
    """The error for `source`, with a caret under the place. It names names, never values."""
    line = source.count("\n", 0, at) + 1
    start = source.rfind("\n", 0, at) + 1
    end = source.find("\n", at)
    left = max(start, at - WINDOW // 2)
    window = printable(source[left : min(left + WINDOW, end if end >= 0 else len(source))])
    caret = " " * (at - left) + "^"
    sentence, cure = printable(sentence), printable(cure)
    problem = Problem(sentence, cure, place=Place(line, at - start + 1), code=code)
    return InvalidDefinition(f"{sentence}\n    {window}\n    {caret}", problems=[problem], cure=cure, code=code)


def near(name: str, known: Iterable[str]) -> str:
    """A cure: the nearest name, else what there is."""
    names = sorted(islice((other for other in known if len(other) <= LONGEST_NAME), COMPARED))
    found = get_close_matches(name, names, 1, 0.6) if len(name) <= LONGEST_NAME else []
    if found:
        return f"Did you mean {found[0]}?"
    if not names:
        return "There is nothing there."
    more = " …" if len(names) > 12 else ""
    return f"There is: {', '.join(names[:12])}{more}."


def brief(name: str) -> str:
    """A name as an error shows it."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"


def printable(text: str) -> str:
    """The text without what would steer a terminal or break a line."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)
