"""How what is expected is written: in TOML as a number or a flag too, in the environment always as a text."""

from __future__ import annotations

import re

from opsbook.sdk.values import listed

SECRET = "{secret}"  # noqa: S105 where it goes, not what it is
BEARER = f"Authorization: Bearer {SECRET}"
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}(: ?[ -~]*\{secret\}[ -~]*)?")


def text_of(value: object) -> str | None:
    """A value of JSON as settings write it: `ok`, `true`, `1`; None for an object and a list."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else None


def as_text(value: object) -> object:
    """A number or a flag as its text; anything else as it is."""
    return text_of(value) if isinstance(value, bool | int | float) else value


def words(value: object) -> object:
    """A list of texts, or a text with commas; its numbers and flags become texts."""
    found = listed(value)
    return tuple(map(as_text, found)) if isinstance(found, list | tuple) else found


def whole_numbers(value: object) -> object:
    """A list of numbers, a single one, or a text with commas."""
    return (value,) if isinstance(value, int) and not isinstance(value, bool) else listed(value)
