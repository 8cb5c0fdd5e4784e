"""Events that came in: each once, however often it was delivered, with what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from opsbook.records.rows import Row, fetch, fetch_one, insert_absent
from opsbook.records.store import Store
from opsbook.records.tables.events import events

FILTERS = ("source", "name", "state")


class Events:
    """A row is written before its sender is answered, and never taken out: a repeat is known for ever."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def receive(self, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Write the events of one delivery in one commit; answers them as they stand, known ones as they were."""

        def write(connection: Connection) -> list[Row]:
            return [_standing(connection, row) for row in rows]

        return await self.store.shared(write)

    def get(self, event_id: str) -> Row | None:
        with self.store.reading() as connection:
            return fetch_one(connection, select(events).where(events.c.id == event_id))

    def due(self, now: datetime, limit: int = 100) -> list[Row]:
        """Events that are to be looked at, those that wait longest first."""
        query = select(events).where(events.c.due_at <= now).order_by(events.c.due_at, events.c.id).limit(limit)
        with self.store.reading() as connection:
            return fetch(connection, query)

    def crowd(self, source: str, since: datetime) -> int:
        """How many events of a sender came in after `since`, or are still to be looked at."""
        fresh = or_(events.c.received_at > since, events.c.due_at.is_not(None))
        query = select(func.count()).where(events.c.source == source, fresh)
        with self.store.reading() as connection:
            return int(connection.execute(query).scalar_one())

    async def change(self, event_id: str, changes: Mapping[str, Any]) -> None:
        """Write what became of an event. Safe to repeat."""
        statement = update(events).where(events.c.id == event_id).values(**changes)
        await self.store.shared(lambda connection: connection.execute(statement))

    def latest(self, where: Mapping[str, str] | None = None, limit: int = 50, before: str | None = None) -> list[Row]:
        """Newest first, equal to `where` (columns of `FILTERS`), received before the event `before`."""
        query = select(events).order_by(events.c.id.desc()).limit(limit)
        for name, value in (where or {}).items():
            if name not in FILTERS:
                raise ValueError(f"events are not filtered by {name}")
            query = query.where(events.c[name] == value)
        if before is not None:
            query = query.where(events.c.id < before)
        with self.store.reading() as connection:
            return fetch(connection, query)


def _standing(connection: Connection, row: Mapping[str, Any]) -> Row:
    if insert_absent(connection, events, row):
        return dict(row)
    known = fetch_one(connection, select(events).where(events.c.dedup_key == row["dedup_key"]))
    assert known is not None
    return known
