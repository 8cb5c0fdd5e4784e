"""Plain JSON values, and the one way in which "could not be measured" is written down.

An unknown is the object `{"value": null, "status": "unknown" | "not_instrumented", "reason": "..."}`. It is the same
shape that a measured figure has (`{"value": 42, "status": "ok"}`), so a reader of a record, an expression and a report
all see one form. It is never 0, never an empty list and never left out.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

from opsbook.sdk.errors import NeverWorks

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"

UNKNOWN_STATUSES = frozenset({"unknown", "not_instrumented"})


@dataclass(frozen=True)
class Unknown:
    """A value that could not be measured, and why. It is a value of the language, not an error."""

    reason: str = ""
    status: str = "unknown"

    def as_json(self) -> JsonObject:
        return {"value": None, "status": self.status, "reason": self.reason}


def unknown_in(value: object) -> Unknown | None:
    """The `Unknown` that a JSON value stands for, or None when it is an ordinary value."""
    if isinstance(value, Unknown):
        return value
    if type(value) is dict and value.get("value", "") is None and value.get("status") in UNKNOWN_STATUSES:
        return Unknown(str(value.get("reason") or ""), str(value["status"]))
    return None


def listed(value: object) -> object:
    """A list that is written as a text with commas, as the environment has it; anything else as it is."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def measured(value: Json, **more: Json) -> JsonObject:
    """A figure that was measured: `{"value": value, "status": "ok"}` and what else is known of it."""
    return {"value": value, "status": "ok", **more}


def plain(value: Any) -> Json:
    """The value as plain JSON: times as RFC 3339, decimals as text, tuples and sets as lists, unknowns as objects.

    Raises:
        NeverWorks: the value holds NaN, an infinity, a key that is not text or a type that JSON has no form for.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8") if not value.isascii() else str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NeverWorks("A result holds NaN or an infinity, which JSON cannot carry.", code="bad_value")
        return value
    return _plain_compound(value)


def _plain_compound(value: Any) -> Json:
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, dict) or isinstance(value, Mapping):  # noqa: SIM101 the first is ten times as quick
        if not all(isinstance(key, str) for key in value):
            raise NeverWorks("A result holds a key that is not text.", code="bad_value")
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, Unknown):
        return value.as_json()
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return str(value)
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return plain(dump())
    raise NeverWorks(f"A result holds a {type(value).__name__}, which JSON has no form for.", code="bad_value")


def canonical(value: Any) -> str:
    """The one text of a JSON value: keys sorted, no blanks, UTF-8. Equal values have equal texts."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 of the canonical text, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
