"""How fields of others' records are read: values at dotted places, texts, times, phone numbers. Pure.

What is not there is nothing (None); what is there and cannot be read is handed on as it came, so that the loader counts
it, names it and keeps it in the quarantine.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from opsbook.sdk.values import Json

Fields: TypeAlias = Mapping[str, Json]
Row: TypeAlias = dict[str, Json]

INVENTED = re.compile(r"@[^@\s]+\.local$", re.IGNORECASE)  # addresses that the import of points of sale invents
LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?")
LONGEST = 4000  # characters of one text: rows are for figures, not for archives


@dataclass(frozen=True)
class LeftOut:
    """A record that is no row, and why."""

    reason: str


def at(fields: Any, path: str, absent: Any = None) -> Any:
    """The value at a dotted place such as `items.0.name`; `absent` when there is no such place."""
    for key in path.split("."):
        if isinstance(fields, Mapping) and key in fields:
            fields = fields[key]
        elif isinstance(fields, list) and key.isdecimal() and int(key) < len(fields):
            fields = fields[int(key)]
        else:
            return absent
    return fields


def first(fields: Fields, *paths: str) -> Json:
    """What stands at the first of these places that is set. Null and an empty text are not set."""
    for path in paths:
        found: Json = at(fields, path)
        if found is not None and found != "":
            return found
    return None


def text(fields: Fields, *paths: str) -> str | None:
    """A text; a number becomes one, anything else is written as JSON."""
    return written(first(fields, *paths))


def written(found: Json) -> str | None:
    """A value as a cell: texts as they are, anything else as JSON, None for null."""
    return found if found is None or isinstance(found, str) else json.dumps(found)


def is_invented(address: str | None) -> bool:
    """An address that a point of sale's import invented: nobody reads it."""
    return address is not None and bool(INVENTED.search(address.strip()))


def hashed(value: str | None) -> str | None:
    """A phone number as what it is compared by: the hash of its digits."""
    digits = re.sub(r"[^\d+]", "", value or "")
    return hashlib.sha256(digits.encode()).hexdigest() if digits else None


def in_utc(cell: str, zone: ZoneInfo) -> str:
    """A time that carries no zone, from its source's into UTC; everything else as it is.

    Of an hour that a change of the clock repeats the first one is meant.
    """
    if not LOCAL.fullmatch(cell):
        return cell
    try:
        return datetime.fromisoformat(cell).replace(tzinfo=zone).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return cell
