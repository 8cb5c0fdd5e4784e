"""The doors for inbound events: `POST /hooks/{id}`. Each has its sender's own proof; what gets a 200 is on disk."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, Response

from opsbook.sdk.hook import Delivery
from opsbook.sdk.values import plain
from opsbook.web.bodies import body_of
from opsbook.web.house import House, house

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "On disk, now or when it was first delivered; the work comes after the answer."},
    400: {"description": "The delivery is genuine, and its body cannot be read."},
    401: {"description": "The signature or the credentials are missing or wrong, or the time stamp is too far away."},
    404: {"description": "There is no such door."},
    413: {"description": "The body is larger than 1 MiB."},
    503: {"description": "No secret is configured, or the store cannot be reached. Nothing was processed."},
}

router = APIRouter(prefix="/hooks", tags=["hooks"])


@router.post("/{hook_id}", responses=ANSWERS, summary="Take an event in")
async def knocked(request: Request, hook_id: str) -> Response:
    """The raw body is checked by the rule of the door's sender.

    A repeated delivery is answered as the first one was, and nothing is done twice.
    """
    rooms = house(request)
    door = rooms.app.inbound.entrance(hook_id)
    body = await body_of(request)
    headers = {name.lower(): value for name, value in reversed(request.headers.items())}  # of two, the first counts
    receipt = await rooms.app.inbound.receive(door, Delivery(body, headers, _address(rooms, request, hook_id)))
    work = BackgroundTask(rooms.app.inbound.act, receipt.fresh) if receipt.fresh else None
    if receipt.answer is None:
        return Response(status_code=200, background=work)
    return JSONResponse(plain(receipt.answer), background=work)


def _address(rooms: House, request: Request, hook_id: str) -> str:
    """The address as the sender knows it: below `public_url` where that is set, else as the request says."""
    scope = request.scope
    base = (rooms.app.settings.public_url or f"{scope['scheme']}://{request.headers.get('host', '')}").rstrip("/")
    query = scope["query_string"].decode("latin-1")
    return f"{base}/hooks/{hook_id}" + (f"?{query}" if query else "")
