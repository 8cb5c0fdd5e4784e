"""Reading JSON that a stranger wrote: UTF-8, finite numbers, bounded depth. Whatever is wrong is an `InvalidInput`."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn, cast

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import Json

MOST_DEPTH = 40


def strict_json(body: bytes) -> Json:
    """The JSON value that the bytes hold.

    Refused: what is not JSON in UTF-8, NaN, numbers that no double can hold, nesting beyond `MOST_DEPTH`.
    """
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The body is not JSON.", field="body", cure="Send a JSON object in UTF-8.") from error
    if _deeper_than(found, MOST_DEPTH):
        raise InvalidInput("The body is nested too deeply.", field="body", cure=f"At most {MOST_DEPTH} levels.")
    return cast(Json, found)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _deeper_than(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most + 1):
        level = [inner for outer in level if isinstance(outer, dict | list) for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value
