"""Reading what a request brings: JSON within bounds, values of queries, ids. Whatever is wrong is an `InvalidInput`."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from starlette.requests import ClientDisconnect, Request

from opsbook.sdk.errors import InvalidInput, NotFound
from opsbook.sdk.strict_json import strict_json

MOST_BYTES = 1024 * 1024
PATIENCE = 30.0  # seconds that a body may take to come
ID = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
KEY = re.compile(r"[\x21-\x7e]{1,255}")


class TooLarge(InvalidInput):
    """The body is larger than 1 MiB. Send less, or load data with `opsbook load`."""

    code = "too_large"
    http_status = 413


class Unfinished(InvalidInput):
    """The body did not come whole, or not in time. Send it again."""

    code = "unfinished"
    http_status = 408


async def body_of(request: Request, patience: float = PATIENCE) -> bytes:
    """The body's bytes, at most `MOST_BYTES` of them are ever held, and for at most `patience` seconds."""
    held = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for chunk in request.stream():
                held += chunk
                if len(held) > MOST_BYTES:
                    raise TooLarge("The body is too large.", cure=f"At most {MOST_BYTES} bytes are read.")
    except TimeoutError:
        raise Unfinished("The body did not come in time.", cure=f"Send it within {patience:g} seconds.") from None
    except ClientDisconnect:
        raise Unfinished("The caller went away before the body was whole.", cure="Send it again.") from None
    return bytes(held)


def object_in(body: bytes) -> dict[str, Any]:
    """The JSON object that the body holds; an empty body is an empty object.

    Refused: what `strict_json` refuses, and JSON that is no object.
    """
    if not body.strip():
        return {}
    found = strict_json(body)
    if not isinstance(found, dict):
        raise InvalidInput("The body is not a JSON object.", field="body", cure='Write it like {"inputs": {}}.')
    return found


def query_value(request: Request, name: str) -> str | None:
    """One value of the query; None when it is absent or empty. Given twice it is refused."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise InvalidInput(f"{name} is given {len(values)} times.", field=name, cure="Give it once.")
    return values[0] if values and values[0] else None


def query_number(request: Request, name: str, default: float, most: float) -> float:
    """A number of the query, from 0 to `most`; a larger one counts as `most`."""
    text = query_value(request, name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text):
        raise InvalidInput(f"{name} is not a number.", field=name, cure=f"Give one from 0 to {most:g}.")
    return min(float(text), most)


def known_id(text: str, noun: str) -> str:
    """The text, when it can be an id at all. Raises `NotFound` otherwise, as for any id that does not exist."""
    if not ID.fullmatch(text):
        raise NotFound(f"There is no such {noun}.")
    return text


def idempotency_key(request: Request) -> str | None:
    """The `Idempotency-Key` header, 1 to 255 visible ASCII characters; None without one."""
    values = request.headers.getlist("idempotency-key")
    if not values:
        return None
    if len(values) > 1 or not KEY.fullmatch(values[0]):
        raise InvalidInput(
            "The Idempotency-Key is malformed.",
            field="Idempotency-Key",
            cure="Send one, of 1 to 255 visible ASCII characters.",
        )
    return values[0]
