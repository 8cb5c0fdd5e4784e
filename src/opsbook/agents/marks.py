"""Marks in a report while it is written: which piece of its text is which fact. The writer takes them out again.

They are characters of private use, which `cleaning.visible` takes out of every text from outside: nobody but the page
can set one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_MARK = re.compile("\ue000(\\w+)\ue001([^\ue000-\ue002]*)\ue002")


def marked(fact_id: str, text: str) -> str:
    """The text as the fact that it is."""
    return f"\ue000{fact_id}\ue001{text}\ue002"


def bare(text: str) -> str:
    """The text as people read it."""
    return _MARK.sub(lambda found: found[2], text)


def placed(text: str) -> tuple[str, list[tuple[int, int, str]]]:
    """The text without marks, and where each fact stands in it: `(start, end, fact id)` in characters, in order."""
    out: list[str] = []
    places: list[tuple[int, int, str]] = []
    length = last = 0
    for found in _MARK.finditer(text):
        before = text[last : found.start()]
        length += len(before)
        places.append((length, length + len(found[2]), found[1]))
        out += [before, found[2]]
        length += len(found[2])
        last = found.end()
    return "".join([*out, text[last:]]), places


def linked(text: str, places: Sequence[Sequence[Any]], addresses: Mapping[str, str]) -> str:
    """The Markdown with a link on each fact that has an address; the words stay as they are."""
    out, last = [], 0
    for start, end, fact_id in places:
        if fact_id in addresses:
            out += [text[last:start], f"[{text[start:end]}]({addresses[fact_id]})"]
            last = end
    return "".join([*out, text[last:]])
