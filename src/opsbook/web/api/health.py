"""Health: whether this process answers, and whether it can do its work."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from opsbook.effects.mirror import Mirror
from opsbook.records.store import Store
from opsbook.records.unreachable import UNREACHABLE, ask
from opsbook.runs.engine import Elsewhere
from opsbook.sdk.values import JsonObject
from opsbook.web.answers import answer
from opsbook.web.house import house
from opsbook.web.problems import SOON

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process answers")
async def alive(request: Request) -> Response:
    return answer({"status": "ok"})


@router.get("/readyz", summary="The store is reachable and the engine works")
async def ready(request: Request) -> Response:
    """503 with the part that is missing, else 200."""
    rooms = house(request)
    checks = {
        "store": await asyncio.to_thread(_reachable, rooms.app.store),
        "engine": not isinstance(rooms.app.operations.engine, Elsewhere),
        "serving": not rooms.draining.is_set(),
    }
    good = all(checks.values())
    told: dict[str, Any] = {name: "ok" if well else "missing" for name, well in checks.items()}
    body = {"status": "ready" if good else "not_ready", "checks": told}
    if rooms.app.mirror is not None and checks["store"]:
        body["mirror"] = await asyncio.to_thread(_mirror, rooms.app.mirror)
    return answer(body, 200 if good else 503, {} if good else SOON)


def _mirror(mirror: Mirror) -> JsonObject:
    """What the mirror owes. A lag says nothing of whether this process can do its work."""
    lag = mirror.lag()
    late = None if lag.oldest_at is None else max((mirror.clock.now() - lag.oldest_at).total_seconds(), 0.0)
    trouble = mirror.trouble.code if mirror.trouble else None
    return {"owed": lag.owed, "oldest_seconds": late, "refused": lag.refused, "trouble": trouble}


def _reachable(store: Store) -> bool:
    try:
        ask(store)
    except UNREACHABLE:
        return False
    return True
