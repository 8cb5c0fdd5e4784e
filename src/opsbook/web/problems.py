"""How a refusal looks: problem+json with a stable code, a sentence and a cure. Never a trace, never a secret."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from opsbook.records.unreachable import UNREACHABLE
from opsbook.sdk.errors import InvalidDefinition, InvalidInput, OpsbookError, RetryLater
from opsbook.sdk.values import plain

CHALLENGE = {"WWW-Authenticate": "Bearer"}
SOON = {"Retry-After": "5"}

CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
CURES = {
    404: "See /openapi.json for every path.",
    405: "The Allow header names the methods that this path has.",
}


def problem(
    status: int, code: str, detail: str, cure: str = "", headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """A refusal (RFC 9457): `code` is stable, `detail` is a sentence, `cure` says what to do about it."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "cure": cure,
        **more,
    }
    return JSONResponse(plain(body), status, dict(headers or {}), media_type="application/problem+json")


def not_signed_in() -> Response:
    return problem(401, "not_signed_in", "A valid bearer token is needed.", "Send Authorization: Bearer …", CHALLENGE)


def of_error(error: OpsbookError) -> Response:
    """The product's own errors: their status, code, sentence and cure."""
    more: dict[str, Any] = {}
    if isinstance(error, InvalidInput) and error.field:
        more["field"] = error.field
    if isinstance(error, InvalidDefinition):
        more["problems"] = [str(one) for one in error.problems]
    return problem(error.http_status, error.code, error.sentence, error.cure, headers_of(error), **more)


def headers_of(error: OpsbookError) -> dict[str, str]:
    """When to come again, for an error that passes; how to sign in, for one that lacks it."""
    if error.http_status == 401 and error.code == "not_signed_in":
        return CHALLENGE
    if not isinstance(error, RetryLater):
        return {}
    return {"Retry-After": str(max(1, round(error.after_seconds or 5)))}


async def on_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, OpsbookError)
    return of_error(error)


async def on_http(_: Request, error: Exception) -> Response:
    """What the framework refuses by itself: no such path, no such method."""
    assert isinstance(error, HTTPException)
    status = error.status_code
    code = CODES.get(status, "refused")
    return problem(status, code, f"{error.detail}.", CURES.get(status, ""), error.headers)


async def on_unreachable(_: Request, error: Exception) -> Response:
    """The store does not answer: nothing was accepted, and the same request may work later."""
    return problem(503, "store_unreachable", "The store cannot be reached.", "Try again; see /readyz.", SOON)


async def on_fault(_: Request, error: Exception) -> Response:
    """A fault of ours. The log has the trace; the answer names only its kind."""
    return problem(500, "internal", f"Something broke here ({type(error).__name__}).", "The server's log has the rest.")


HANDLERS: dict[Any, Any] = {
    OpsbookError: on_error,
    HTTPException: on_http,
    **dict.fromkeys(UNREACHABLE, on_unreachable),
    Exception: on_fault,
}
