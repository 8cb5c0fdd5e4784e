"""Firestore's typed values and plain ones. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from opsbook.sdk.documents import DocumentRefused
from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.values import Json, JsonObject

DEEPEST = 20  # what Firestore itself allows maps and arrays to be nested


def decoded(value: Mapping[str, Any]) -> Json:
    """A typed value as plain JSON: times as RFC 3339, bytes as their base64, a reference as its path.

    Raises `NeverWorks` for a type that Firestore does not document.
    """
    pair: tuple[str, Any] = next(iter(value.items()), ("", None))
    kind, held = pair
    match kind:
        case "nullValue":
            return None
        case "integerValue":
            return int(held)
        case "doubleValue":
            number = float(held)  # NaN and the infinities come as words, and JSON has no form for them
            return number if math.isfinite(number) else None
        case "stringValue" | "booleanValue" | "timestampValue" | "bytesValue":
            plain: Json = held
            return plain
        case "referenceValue":
            return str(held).partition("/documents/")[2]
        case "geoPointValue":
            return {"latitude": held.get("latitude", 0.0), "longitude": held.get("longitude", 0.0)}
        case "mapValue":
            return fields_of(held.get("fields") or {})
        case "arrayValue":
            return [decoded(one) for one in held.get("values") or ()]
    raise NeverWorks(f"Firestore answered a value of a kind that it does not document ({kind[:40]}).", code="bad_reply")


def fields_of(fields: Mapping[str, Mapping[str, Any]]) -> JsonObject:
    """A document's fields as plain JSON."""
    return {name: decoded(value) for name, value in fields.items()}


def encoded(value: object, depth: int = 0) -> JsonObject:
    """A plain value as a typed one. A list in a list, which Firestore refuses, becomes a map with `items`.

    Raises `DocumentRefused` for what has no form there, and for what is nested deeper than it allows.
    """
    if depth > DEEPEST:
        raise DocumentRefused(f"Firestore keeps nothing that is nested deeper than {DEEPEST}.")
    if isinstance(value, bool):  # a bool is an int as well
        return {"booleanValue": value}
    if isinstance(value, datetime):
        return {"timestampValue": moment(value)}
    if isinstance(value, int):
        return {"integerValue": str(value)} if abs(value) < 1 << 63 else {"doubleValue": float(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, Mapping):
        return {"mapValue": {"fields": {str(name): encoded(one, depth + 1) for name, one in value.items()}}}
    if isinstance(value, Sequence):
        return {"arrayValue": {"values": [_item(one, depth + 1) for one in value]}}
    if value is None:
        return {"nullValue": None}
    raise DocumentRefused(f"Firestore has no form for a {type(value).__name__}.")


def _item(value: object, depth: int) -> JsonObject:
    nested = isinstance(value, Sequence) and not isinstance(value, str)
    return encoded({"items": value} if nested else value, depth)


def moment(value: datetime) -> str:
    """A time as Firestore writes it, in UTC with microseconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_moment(text: str) -> datetime:
    """Firestore's own times: UTC, up to nine decimals, of which six are kept. Raises `ValueError` for another text."""
    head, dot, rest = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{head}{dot}{rest[:6]}").replace(tzinfo=UTC)
