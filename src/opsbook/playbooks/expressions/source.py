"""Where in a source something is, and the error that points there."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from opsbook.sdk.errors import InvalidDefinition, Place, Problem


class Misfit(Exception):
    """Values that do not fit; whoever knows the place turns it into an error with a caret."""

    def __init__(self, sentence: str, cure: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.cure = cure


def refusal(source: str, at: int, sentence: str, cure: str = "", code: str = "expression") -> InvalidDefinition:
    """The error for `source`, with a caret under the place. It names names, never values."""
    before = source[:at]
    line = before.count("\n") + 1
    start = before.rfind("\n") + 1
    end = source.find("\n", at)
    shown = source[start : end if end >= 0 else len(source)]
    left = max(0, at - start - 50)
    window = shown[left : left + 100]
    caret = " " * (at - start - left) + "^"
    place = Place(line, at - start + 1)
    problem = Problem(sentence, cure, place=place, code=code)
    return InvalidDefinition(f"{sentence}\n    {window}\n    {caret}", problems=[problem], cure=cure, code=code)


def near(name: str, known: Iterable[str]) -> str:
    """A cure: the nearest name, else what there is."""
    names = sorted(known)
    found = get_close_matches(name, names, 1, 0.6)
    if found:
        return f"Did you mean {found[0]}?"
    if not names:
        return "There is nothing there."
    more = " …" if len(names) > 12 else ""
    return f"There is: {', '.join(names[:12])}{more}."
