"""Writes playbooks, runs and dashboard notifications to the platform's document store, so that its screens go on.

The record is ours, the mirror follows it. What is owed is derived from the records, and noted as written only after the
store took it; each document has our record's id and is written whole. So a crash or an outage at any point leads to
the same document written once more, never to a second one and never to a gap.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from opsbook.effects import mirrored as shapes
from opsbook.records.mirrored import Lag, Mirrored
from opsbook.records.playbooks import Playbooks
from opsbook.records.rows import Row
from opsbook.records.runs import Runs
from opsbook.sdk.clock import Clock
from opsbook.sdk.documents import DocumentRefused, DocumentStore
from opsbook.sdk.errors import OpsbookError

ROUND, LONGEST_PAUSE = 1.0, 60.0  # seconds; the pause doubles while the store does not take anything
MOST = 50  # records of one kind in one round

log = logging.getLogger("opsbook.mirror")
Shape = Callable[[bool], shapes.Fields]  # whether it must be lean


@dataclass
class Mirror:
    """Time and sleep are injected. Any number may work on one store, each under a `writer` of its own.

    The errors of `target` say what may pass and what a person must mend.
    """

    target: DocumentStore
    mirrored: Mirrored
    playbooks: Playbooks
    runs: Runs
    clock: Clock
    sleep: Callable[[float], Awaitable[None]]
    writer: str
    trouble: OpsbookError | None = None  # why the last round wrote nothing; None while it works

    async def run(self) -> None:
        """Until cancelled: round after round, with growing pauses while the store takes nothing."""
        pause = ROUND
        while True:
            pause = ROUND if await self._going_on() else min(pause * 2, LONGEST_PAUSE)
            await self.sleep(pause)

    async def catch_up(self) -> int:
        """Write everything that is owed; how many documents that were. Raises what the store raises."""
        written = 0
        while found := await self.round():
            written += found
        return written

    async def round(self) -> int:
        """Write what is owed, at most `MOST` of each kind; how many documents. Raises what the store raises.

        A record that the store refuses as it is gets written without its large parts; one that it refuses then as well
        is noted with the reason, and tried again when its state changes.
        """
        now = self.clock.now()
        books = await asyncio.to_thread(self.mirrored.playbooks_owed)
        runs = await asyncio.to_thread(self.mirrored.runs_owed, MOST)
        told = await asyncio.to_thread(self.mirrored.notifications_owed, MOST)
        for row in books:
            await self._playbook(row)
        for row in runs:
            await self._run(row)
        for row in told:
            await self._put("notification", row, shapes.NOTIFICATIONS, _notification(row))
        if len(runs) < MOST and len(told) < MOST and (runs or told):
            await asyncio.to_thread(self.mirrored.caught_up, now)
        return len(books) + len(runs) + len(told)

    def lag(self) -> Lag:
        """What is owed now, and since when."""
        return self.mirrored.lag()

    async def _going_on(self) -> bool:
        """The worker loop's boundary: what breaks is told once, and tried again."""
        try:
            await self.round()
        except OpsbookError as error:
            if self.trouble is None:
                log.warning("PlaybookRunner: the mirror cannot write: %s", error)
            self.trouble = error
            return False
        except Exception:
            log.exception("PlaybookRunner: a round of the mirror broke; it is tried again")
            return False
        if self.trouble is not None:
            log.info("PlaybookRunner: the mirror writes again")
        self.trouble = None
        return True

    async def _playbook(self, row: Row) -> None:
        version = await asyncio.to_thread(self.playbooks.version, row["id"], row["version"])
        shape: Shape = lambda lean: shapes.playbook(row, version, lean=lean)  # noqa: E731
        await self._put("playbook", row, shapes.PLAYBOOKS, shape)

    async def _run(self, row: Row) -> None:
        steps = await asyncio.to_thread(self.runs.steps, row["id"])
        version = await asyncio.to_thread(self.playbooks.version, row["playbook_id"], row["version"])
        shape: Shape = lambda lean: shapes.execution(row, steps, version, lean=lean)  # noqa: E731
        await self._put("run", row, shapes.EXECUTIONS, shape)

    async def _put(self, kind: str, row: Row, collection: str, shape: Shape) -> None:
        refused = None
        await asyncio.to_thread(self.mirrored.begin, kind, row["id"], self.writer, self.clock.now())
        try:
            await self._written(f"{collection}/{row['id']}", shape)
        except DocumentRefused as error:
            refused = error.sentence
            log.warning("PlaybookRunner: the mirror was refused the %s %s: %s", kind, row["id"], refused)
        ended = (kind, row["id"], self.writer, row["mark"], refused, self.clock.now())
        await asyncio.to_thread(self.mirrored.end, *ended)

    async def _written(self, path: str, shape: Shape) -> None:
        try:
            await self.target.put(path, shape(False))
        except DocumentRefused:
            await self.target.put(path, shape(True))


def _notification(row: Row) -> Shape:
    return lambda lean: shapes.notification(row, lean=lean)
