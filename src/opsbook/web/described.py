"""What a route reads from its query and its headers, as OpenAPI says it. Reading itself is in `bodies`."""

from __future__ import annotations

from typing import Any


def query(name: str, description: str, kind: str = "string", *, required: bool = False) -> dict[str, Any]:
    """A parameter of the query; `kind` is a type of JSON Schema."""
    return {"name": name, "in": "query", "required": required, "schema": {"type": kind}, "description": description}


def header(name: str, description: str, longest: int) -> dict[str, Any]:
    """A header, none of which is required."""
    schema = {"type": "string", "maxLength": longest}
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": description}


IDEMPOTENCY_KEY = header("Idempotency-Key", "the same key is the same run for ever", 255)


def described(*parameters: dict[str, Any], body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The `openapi_extra` of a route; `body` is the JSON Schema of what it takes."""
    found: dict[str, Any] = {"parameters": list(parameters)} if parameters else {}
    if body is not None:
        found["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return found
