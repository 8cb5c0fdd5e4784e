"""What a refused setting is told as: which one, why, and where to look; never its value."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ValidationError

from opsbook.sdk.errors import InvalidInput

REFERENCE = "See docs/reference/settings.md for every setting."
WORDS = {
    "string_type": "it is a text, in quotes",
    "path_type": "it is a path, in quotes",
    "tuple_type": 'it is a list, such as ["owner"]',
    "dict_type": "it is a section of its own, such as [people.owner]",
    "model_type": "it is a section of its own, such as [people.owner]",
    "bool_type": "it is true or false",
    "bool_parsing": "it is true or false",
    "string_pattern_mismatch": "it is no mail address such as owner@example.com",
    "missing": "it must be there",
    "timezone_aware": "it is a time with its zone, such as 2026-12-01T22:00:00-05:00",
    "datetime_type": "it is a time with its zone, such as 2026-12-01T22:00:00-05:00",
    "datetime_from_date_parsing": "it is a time with its zone, such as 2026-12-01T22:00:00-05:00",
    "datetime_parsing": "it is a time with its zone, such as 2026-12-01T22:00:00-05:00",
}  # what pydantic's kinds of error mean to somebody who writes the file


def refusal(error: ValidationError, known: Iterable[str]) -> InvalidInput:
    """The first fault of `error` in words; `known` are the names that there are."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = get_close_matches(place.split(".")[-1], list(known), 1)
        cure = f"Did you mean {near[0]}?" if near else REFERENCE
        return InvalidInput(f"There is no setting {place}.", field=place, cure=cure)
    why = WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    what = f"The setting {place} is" if place else "The settings are"
    return InvalidInput(f"{what} refused: {why}.", field=place or None, cure=REFERENCE)
