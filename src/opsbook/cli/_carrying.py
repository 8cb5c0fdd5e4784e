"""Carrying a run to its end from the command line.

The run is on disk first. This process carries it out itself unless another one holds the embedded store: then that one
does, and the record is followed. Should the other one go away, this one takes over.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from opsbook.app import App
from opsbook.cli._progress import Progress
from opsbook.runs.engine import SegmentId
from opsbook.runs.segment import OVER
from opsbook.sdk.errors import Conflict

PATIENCE = timedelta(minutes=1)  # a wait that ends later than this is left to the server
LOOK_AGAIN_SECONDS = 3.0


async def to_its_end(app: App, run_id: str, progress: Progress) -> dict[str, Any]:
    """The run's row when it is over, or when it waits for longer than `PATIENCE`."""
    while True:
        try:
            async with app.working():
                return await _carried_here(app, run_id, progress)
        except Conflict as error:
            if error.code != "store_in_use":
                raise
        row = await _carried_elsewhere(app, run_id, progress)
        if settled(app, row):
            return row


async def _carried_here(app: App, run_id: str, progress: Progress) -> dict[str, Any]:
    row = app.operations.get(run_id)
    with app.operations.bus.listening(progress.hear, closely=progress.lively):
        async with alarm(app):
            await app.operations.engine.submit(SegmentId(run_id, row["segment"]))
            while not settled(app, row):
                row = await app.operations.ended(run_id, 1.0)
            return row


async def _carried_elsewhere(app: App, run_id: str, progress: Progress) -> dict[str, Any]:
    """Follow the record for a while."""
    deadline = app.world.clock.monotonic() + LOOK_AGAIN_SECONDS
    while True:
        row = await app.operations.ended(run_id, 0.3)
        progress.read(app.records.runs.steps(run_id))
        if settled(app, row) or app.world.clock.monotonic() >= deadline:
            return row


def settled(app: App, row: dict[str, Any]) -> bool:
    """Whether the run is over, or waits for longer than `PATIENCE`."""
    if row["state"] in OVER:
        return True
    if row["state"] != "waiting":
        return False
    waits = app.records.waits.open_of(row["id"])
    return bool(waits) and min(wait["deadline"] for wait in waits) > app.world.clock.now() + PATIENCE


@asynccontextmanager
async def alarm(app: App) -> AsyncIterator[None]:
    """End the waits that come due meanwhile, as the server's clockwork would."""

    async def ring() -> None:
        while True:
            await app.clockwork.waits(app.world.clock.now())
            await app.world.sleep(0.5)

    task = asyncio.create_task(ring())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
