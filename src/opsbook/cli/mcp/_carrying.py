"""Carrying out the runs that an agent started, for as long as its program is there.

The embedded store is held only while there is something to carry, so that a server can have it at any other time. Where
a server has it, that one carries the runs out. What is not over when the agent goes is taken up by the next who works.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from opsbook.app import App
from opsbook.cli._carrying import alarm, settled
from opsbook.runs.engine import SegmentId
from opsbook.sdk.errors import Conflict

LOOK_SECONDS = 0.5
LOOK_AGAIN_SECONDS = 3.0  # while somebody else has the store


class Carrying:
    """Implements `web.mcp.asked.Carrier`. Enter it to have runs carried."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.wanted: set[str] = set()
        self.asked = asyncio.Event()

    async def __aenter__(self) -> Carrying:
        self.task = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task

    def carry(self, run_id: str) -> None:
        self.wanted.add(run_id)
        self.asked.set()

    async def _work(self) -> None:
        while True:
            await self.asked.wait()
            try:
                async with self.app.working(), alarm(self.app):
                    await self._carry_out()
            except Conflict as error:
                if error.code != "store_in_use":
                    raise
                await self.app.world.sleep(LOOK_AGAIN_SECONDS)
                self._let_go()

    async def _carry_out(self) -> None:
        """Until nothing is wanted any more."""
        submitted: set[str] = set()
        while self.asked.is_set():
            for run_id in self.wanted - submitted:
                segment = SegmentId(run_id, self.app.operations.get(run_id)["segment"])
                await self.app.operations.engine.submit(segment)
                submitted.add(run_id)
            await self.app.world.sleep(LOOK_SECONDS)
            self._let_go()

    def _let_go(self) -> None:
        """Of the runs that are over, or that wait for longer than anybody stands by."""
        self.wanted = {run_id for run_id in self.wanted if not settled(self.app, self.app.operations.get(run_id))}
        if not self.wanted:
            self.asked.clear()
