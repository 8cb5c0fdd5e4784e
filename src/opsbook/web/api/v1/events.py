"""Events that came in from outside: newest first, and one with what became of it."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.responses import Response

from opsbook.records.events import FILTERS
from opsbook.sdk.errors import InvalidInput, NotFound
from opsbook.web.answers import answer, items, without
from opsbook.web.bodies import ID, known_id, query_number, query_value
from opsbook.web.described import described, query
from opsbook.web.house import house

MOST_LISTED = 200

router = APIRouter(prefix="/api/v1/events", tags=["events"])


LISTS = described(
    *(query(name, f"only events with this {name}") for name in FILTERS),
    query("limit", f"how many at most: 50, up to {MOST_LISTED}", "integer"),
    query("cursor", "the last page's `next_cursor`"),
)


@router.get("", openapi_extra=LISTS, summary="Events, newest first")
async def listed(request: Request) -> Response:
    """Filtered by `source`, `name` or `state`, at most `limit` (50, up to 200). What came with one is on its own page.

    `next_cursor` is null on the last page; given as `cursor` it shows the next one.
    """
    where = {name: value for name in FILTERS if (value := query_value(request, name)) is not None}
    for name, value in where.items():
        if not ID.fullmatch(value):
            raise InvalidInput(f"{name} is malformed.", field=name)
    cursor = query_value(request, "cursor")
    if cursor is not None and not re.fullmatch(r"event_[0-9a-f]{1,64}", cursor):
        raise InvalidInput("The cursor is malformed.", field="cursor", cure="Use the last page's next_cursor.")
    limit = max(1, int(query_number(request, "limit", 50, MOST_LISTED)))
    rows = house(request).app.inbound.events.latest(where, limit + 1, cursor)
    more = rows[limit - 1]["id"] if len(rows) > limit else None
    return items([without(row, "body", "opt_out", "dedup_key") for row in rows[:limit]], next_cursor=more)


@router.get("/{event_id}", summary="One event, what came with it and which runs it started")
async def shown(request: Request, event_id: str) -> Response:
    """`outcome.started` names the run of each playbook, `outcome.not_started` why there is none."""
    row = house(request).app.inbound.events.get(known_id(event_id, "event"))
    if row is None:
        raise NotFound(f"There is no event {event_id}.")
    return answer(without(row, "dedup_key"))
