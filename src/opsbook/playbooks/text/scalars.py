"""What a plain word means: the scalars of JSON, and every other word is a text.

YAML 1.1 read `on`, `no`, `012`, `1_000`, `2026-01-31` and `12:30` as something else than the text that they are.
"""

from __future__ import annotations

import re
from typing import Any

_WORDS: dict[str, Any] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
LARGEST = 2**53  # beyond it, a number of JSON is no longer exact everywhere


class TooLarge(ValueError):
    """A number that cannot be carried exactly."""


def meaning(word: str) -> Any:
    """The value of a plain scalar. Raises `TooLarge`."""
    if word in _WORDS:
        return _WORDS[word]
    match = _NUMBER.fullmatch(word)
    if match is None:
        return word
    if len(word) > 64:
        raise TooLarge
    number = float(word) if match[1] or match[2] else int(word)
    if abs(number) > LARGEST and not (isinstance(number, float) and abs(number) <= 1e300):
        raise TooLarge
    return number


def is_plain(text: str) -> bool:
    """Whether a text, written without quotes, would still be read as this text by `meaning`."""
    return text not in _WORDS and _NUMBER.fullmatch(text) is None
