"""Segments: which piece of a run is being worked on, and by which execution of it.

Each execution of a segment takes the next `epoch`; every write of the run's own records first checks that its epoch is
still the newest. A process that was frozen and wakes after somebody else took over can record nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from opsbook.records.rows import insert_absent
from opsbook.records.store import Store, Write
from opsbook.records.tables.runs import runs, segments
from opsbook.sdk.errors import NeverWorks

# Built once: building a statement costs more than running it.
_EPOCH = select(segments.c.epoch).where(segments.c.id == bindparam("segment")).with_for_update(read=True)
_NEXT_EPOCH = (
    segments.update()
    .where(segments.c.id == bindparam("segment"))
    .values(epoch=segments.c.epoch + 1)
    .returning(segments.c.epoch, segments.c.entered_at)
)
_BEGIN = (
    runs.update()
    .where(runs.c.id == bindparam("run"), runs.c.state == "queued")
    .values(
        state="running",
        started_at=func.coalesce(runs.c.started_at, bindparam("now", type_=runs.c.started_at.type)),
    )
)

FIRST_EPOCH = 1


@dataclass(frozen=True)
class Fence:
    """The right of one execution of a segment to write."""

    segment_id: str
    epoch: int

    def check(self, connection: Connection) -> None:
        """Raises `NeverWorks` (code `fenced`) when another execution has taken over."""
        if connection.execute(_EPOCH, {"segment": self.segment_id}).scalar() != self.epoch:
            raise NeverWorks("Another worker has taken this run over.", code="fenced")


class Segments:
    def __init__(self, store: Store) -> None:
        self.store = store

    def first_entry(self, segment_id: str, run_id: str, now: datetime) -> Write:
        """A write that makes the segment and enters it: with the commit that accepts its run, in the same process.

        The fence is that of epoch 1. Whoever carries the segment out later, or elsewhere, enters it anew.
        """

        def write(connection: Connection) -> None:
            fresh = {"id": segment_id, "run_id": run_id, "epoch": FIRST_EPOCH, "deaths": 0, "entered_at": now}
            connection.execute(segments.insert(), fresh)

        return write

    def begin(self, run_id: str, now: datetime) -> None:
        """A queued run is running from now on; nobody waits for the commit that says so."""
        self.store.ride(lambda connection: connection.execute(_BEGIN, {"run": run_id, "now": now}))

    def entered_at(self, segment_id: str) -> datetime | None:
        """The moment of its very first entry."""
        with self.store.reading() as connection:
            query = select(segments.c.entered_at).where(segments.c.id == segment_id)
            found: datetime | None = connection.execute(query).scalar()
            return found

    async def enter(
        self, segment_id: str, run_id: str, now: datetime, *, begins: bool = False
    ) -> tuple[Fence, datetime]:
        """Take the next epoch. Answers the fence and the moment of the very first entry.

        With `begins` a queued run is running from now on, in the same commit.
        """

        def write(connection: Connection) -> tuple[Fence, datetime]:
            fresh = {"id": segment_id, "run_id": run_id, "epoch": 0, "deaths": 0, "entered_at": now}
            insert_absent(connection, segments, fresh)
            row = connection.execute(_NEXT_EPOCH, {"segment": segment_id}).one()
            if begins:
                connection.execute(_BEGIN, {"run": run_id, "now": now})
            return Fence(segment_id, row.epoch), row.entered_at

        return await self.store.shared(write)
