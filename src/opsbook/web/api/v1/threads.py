"""Threads of the inbox: newest first, and one with its messages and artifacts."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from opsbook.web.answers import answer, items, without
from opsbook.web.bodies import known_id, query_number
from opsbook.web.described import described, query
from opsbook.web.house import house

router = APIRouter(prefix="/api/v1/threads", tags=["threads"])


LISTS = described(query("limit", "how many at most: 50, up to 200", "integer"))


@router.get("", openapi_extra=LISTS, summary="Threads, the last changed first")
async def listed(request: Request) -> Response:
    """At most `limit` (50, up to 200)."""
    limit = max(1, int(query_number(request, "limit", 50, 200)))
    rows = house(request).app.threads.latest(limit=limit)
    return items([without(row, "open_key") for row in rows])


@router.get("/{thread_id}", summary="One thread with its messages and artifacts")
async def shown(request: Request, thread_id: str) -> Response:
    found = house(request).app.threads.get(known_id(thread_id, "thread"))
    return answer(without(found, "open_key"))
