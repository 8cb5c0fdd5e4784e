"""Notifications on the dashboard: one row for each person and effect. Only the inbox writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from opsbook.records.rows import Row, fetch, fetch_one, insert_absent
from opsbook.records.store import Store
from opsbook.records.tables.inbox import notifications
from opsbook.records.tables.runs import effects, runs


class Notifications:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def write(self, notification: Mapping[str, Any]) -> str:
        """Write it unless its `effect_key` stands; answers the id under which it stands.

        `source` becomes the playbook, run and step that the effects ledger knows for the key.
        """

        def write(connection: Connection) -> str:
            row = {**notification, "source": _source(connection, notification["effect_key"])}
            if insert_absent(connection, notifications, row):
                return str(row["id"])
            query = select(notifications.c.id).where(notifications.c.effect_key == row["effect_key"])
            return str(connection.execute(query).scalar())

        return await self.store.shared(write)

    def by_key(self, effect_key: str) -> Row | None:
        query = select(notifications).where(notifications.c.effect_key == effect_key)
        with self.store.reading() as connection:
            return fetch_one(connection, query)

    def latest(self, *, persons: Sequence[str] | None = None, unread: bool = False, limit: int = 50) -> list[Row]:
        """Newest first."""
        query = select(notifications).order_by(notifications.c.created_at.desc(), notifications.c.id.desc())
        if persons is not None:
            query = query.where(notifications.c.person.in_(persons))
        if unread:
            query = query.where(notifications.c.read_at.is_(None))
        with self.store.reading() as connection:
            return fetch(connection, query.limit(limit))

    def unread(self, persons: Sequence[str]) -> int:
        query = select(func.count()).where(notifications.c.person.in_(persons), notifications.c.read_at.is_(None))
        with self.store.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def read(self, notification_id: str, persons: Sequence[str], now: datetime) -> bool:
        """Mark it as read; True when it was one of theirs and unread. The first reading's time stands."""
        change = update(notifications).where(
            notifications.c.id == notification_id,
            notifications.c.person.in_(persons),
            notifications.c.read_at.is_(None),
        )
        with self.store.transaction() as connection:
            return connection.execute(change.values(read_at=now)).rowcount == 1


def _source(connection: Connection, effect_key: str) -> Row:
    query = (
        select(runs.c.playbook_id, effects.c.run_id, effects.c.path)
        .select_from(effects.outerjoin(runs, runs.c.id == effects.c.run_id))
        .where(effects.c.key == effect_key)
    )
    return fetch_one(connection, query) or {}
