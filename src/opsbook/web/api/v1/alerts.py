"""Alerts: open ones and closed ones, newest first."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from opsbook.sdk.errors import InvalidInput
from opsbook.web.answers import items, without
from opsbook.web.bodies import query_number, query_value
from opsbook.web.described import described, query
from opsbook.web.house import house

STATES = ("open", "closed")

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])


LISTS = described(query("state", "`open` or `closed`"), query("limit", "how many at most: 100, up to 500", "integer"))


@router.get("", openapi_extra=LISTS, summary="Alerts, newest first")
async def listed(request: Request) -> Response:
    """Filtered by `state` (`open` or `closed`), at most `limit` (100, up to 500)."""
    state = query_value(request, "state")
    if state is not None and state not in STATES:
        raise InvalidInput("state is unknown.", field="state", cure="An alert is open or closed.")
    limit = max(1, int(query_number(request, "limit", 100, 500)))
    rows = house(request).app.alerts.latest(state=state, limit=limit)
    return items([without(row, "open_key") for row in rows])
