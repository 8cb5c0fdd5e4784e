"""Following a run on behalf of a caller: until it is over, until the caller's patience ends, or until it parks."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from opsbook.records.rows import Row
from opsbook.runs.segment import OVER
from opsbook.web.mcp.asked import Asked

LOOK_SECONDS = 0.5
UNFINISHED = frozenset({"running", "parked"})


async def followed(asked: Asked, run_id: str, seconds: float) -> Row:
    """The run as it stands then. Progress is told whenever steps have ended: how many, and which was the last.

    It is no longer waited for when it waits itself, for longer than the caller would, or when the server takes leave.
    """
    app, clock = asked.app, asked.app.world.clock
    deadline, told = clock.monotonic() + seconds, 0
    while True:
        left = max(deadline - clock.monotonic(), 0.0)
        row = await app.operations.ended(run_id, min(left, LOOK_SECONDS))
        steps = await asyncio.to_thread(app.records.runs.steps, run_id)
        ended = [step for step in steps if step["status"] not in UNFINISHED]
        if len(ended) > told:
            last = max(ended, key=lambda step: (step["ended_at"], step["position"]))
            told = len(ended)
            await asked.tell(told, f"{last['step_id']} {last['status']}")
        if row["state"] in OVER or left <= 0 or asked.house.draining.is_set() or _parks(asked, row, left):
            return row


def _parks(asked: Asked, row: Row, left: float) -> bool:
    """Whether the run waits for something that comes later than the caller would wait for."""
    if row["state"] != "waiting":
        return False
    waits = asked.app.records.waits.open_of(row["id"])
    return bool(waits) and min(wait["deadline"] for wait in waits) > asked.app.world.clock.now() + timedelta(
        seconds=left
    )
