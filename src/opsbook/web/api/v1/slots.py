"""The occurrences that schedules expected, and what became of each."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from opsbook.sdk.errors import InvalidInput
from opsbook.web.answers import items
from opsbook.web.bodies import ID, query_number, query_value
from opsbook.web.described import described, query
from opsbook.web.house import house

router = APIRouter(prefix="/api/v1/slots", tags=["slots"])


LISTS = described(
    query("playbook_id", "only slots of this playbook"), query("limit", "how many at most: 50, up to 500", "integer")
)


@router.get("", openapi_extra=LISTS, summary="Slots, the latest due first")
async def listed(request: Request) -> Response:
    """Filtered by `playbook_id`, at most `limit` (50, up to 500)."""
    playbook_id = query_value(request, "playbook_id")
    if playbook_id is not None and not ID.fullmatch(playbook_id):
        raise InvalidInput("playbook_id is malformed.", field="playbook_id")
    limit = max(1, int(query_number(request, "limit", 50, 500)))
    return items(house(request).app.slots.latest(playbook_id, limit))
