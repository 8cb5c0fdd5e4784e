"""The page of HTTP: every route with its parameters and its answers, and who may enter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi

from opsbook import __version__
from opsbook.cli.reference._markdown import code, table
from opsbook.web.site import GUARDED, OPEN

INTRODUCTION = """# HTTP

Every route is closed unless it brings a check of its own. An error is `application/problem+json` with a
stable `code`, a sentence and a cure. The machine-readable form of this page is `/openapi.json` of a running server.
"""


def page() -> str:
    sections = [
        INTRODUCTION,
        "## Doors with a check of their own\n",
        *_routes(OPEN),
        "## Behind the API token\n\n`Authorization: Bearer <token>`, see `api_token` in the [settings](settings.md).\n",
        *_routes(GUARDED),
    ]
    return "\n".join(sections)


def _routes(routers: Sequence[APIRouter]) -> Iterator[str]:
    routes = [route for router in routers for route in router.routes]
    described = get_openapi(title="opsbook", version=__version__, routes=routes)
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            yield _section(method, path, operation)


def _section(method: str, path: str, operation: dict[str, Any]) -> str:
    told = operation.get("description", operation.get("summary", ""))
    parts = [f"### {code(f'{method.upper()} {path}')}\n", f"{told}\n"]
    parameters = [
        (code(one["name"]), one["in"], "yes" if one.get("required") else "", one.get("description", ""))
        for one in operation.get("parameters", ())
    ]
    if parameters:
        parts.append(table(("Parameter", "In", "Required", "What it is"), parameters))
    answers = [(status, answer["description"]) for status, answer in sorted(operation["responses"].items())]
    parts.append(table(("Answer", "When"), answers))
    return "\n".join(parts)
