"""The watched systems: what is configured and what the last probe found."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from opsbook.web.answers import items
from opsbook.web.house import house
from opsbook.web.listings import systems

router = APIRouter(prefix="/api/v1/integrations", tags=["integrations"])


@router.get("", summary="Every system with its last observation")
async def listed(request: Request) -> Response:
    """`status` is `unknown` for a configured system that was never probed, `not_configured` without configuration."""
    return items(systems(house(request).app))
