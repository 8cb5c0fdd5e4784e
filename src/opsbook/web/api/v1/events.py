"""Events that came in from outside: newest first, and one with what became of it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from opsbook.records.events import FILTERS
from opsbook.sdk.errors import NotFound
from opsbook.web.answers import answer, without
from opsbook.web.bodies import known_id
from opsbook.web.house import house
from opsbook.web.paging import asked_for, paged

router = APIRouter(prefix="/api/v1/events", tags=["events"])


@router.get("", openapi_extra=paged("event", FILTERS), summary="Events, newest first")
async def listed(request: Request) -> Response:
    """Filtered by `source`, `name` or `state`, at most `limit` (50, up to 200). What came with one is on its own page.

    `next_cursor` is null on the last page; given as `cursor` it shows the next one.
    """
    asked = asked_for(request, "event", FILTERS)
    rows = house(request).app.inbound.events.latest(asked.where, asked.one_more, asked.cursor)
    return asked.answer(rows, lambda row: without(row, "body", "opt_out", "receipt", "dedup_key"))


@router.get("/{event_id}", summary="One event, what came with it and which runs it started")
async def shown(request: Request, event_id: str) -> Response:
    """`outcome.started` names the run of each playbook, `outcome.not_started` why there is none."""
    row = house(request).app.inbound.events.get(known_id(event_id, "event"))
    if row is None:
        raise NotFound(f"There is no event {event_id}.")
    return answer(without(row, "dedup_key"))
