"""What figures, times and words look like where they leave as they are: a text of another shape is none of them."""

from __future__ import annotations

import re

from opsbook.agents.privacy.declared import SYSTEMS
from opsbook.integrations.catalog import ids

_FIGURE = re.compile(
    r"[+-]?\$?\d[\d,]*(\.\d+)?( (%|ms|[A-Z]{3}))?|-?\$\d[\d,]*(\.\d+)?|\d+ (d|h|min|s)( \d+ (h|min|s))?"
)
_TIME = re.compile(
    r"[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d [A-Z+\d-]{1,6}"
    r"|\d{4}-\d{2}(-\d{2}([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?)?"
)
_WORD = re.compile(r"[a-z0-9][a-z0-9]{0,19}([ _-][a-z0-9]{1,20}){0,2}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def is_figure(text: str) -> bool:
    return bool(_FIGURE.fullmatch(text))


def is_time(text: str) -> bool:
    return bool(_TIME.fullmatch(text))


def is_word(text: str) -> bool:
    """At most three words in small letters."""
    return bool(_WORD.fullmatch(text))


def is_key(text: str) -> bool:
    return bool(_KEY.fullmatch(text))


def is_run(text: str) -> bool:
    """Whether it says which run something is remembered from: `Run of Tue 24 Nov 2026, 09:00 EST`."""
    return text.startswith("Run of ") and is_time(text.removeprefix("Run of "))


def is_system(text: str) -> bool:
    """Whether it is the name or the id of a system of the product's; one that a deployment names itself is none."""
    return text.casefold() in SYSTEMS or text in ids()
