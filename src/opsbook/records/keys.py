"""Keys that this deployment drew for itself: made once, on the first use, and the same ever after."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from opsbook.records.rows import insert_absent
from opsbook.records.store import Store
from opsbook.records.tables.inbox import signing_keys


class Keys:
    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, purpose: str) -> bytes | None:
        with self.store.reading() as connection:
            return _key(connection, purpose)

    async def keep(self, purpose: str, fresh: bytes, now: datetime) -> bytes:
        """The key of a purpose; `fresh` becomes it when there is none yet. Safe to repeat and to race."""

        def write(connection: Connection) -> bytes:
            insert_absent(connection, signing_keys, {"purpose": purpose, "key": fresh.hex(), "created_at": now})
            return _key(connection, purpose) or fresh

        return await self.store.shared(write)


def _key(connection: Connection, purpose: str) -> bytes | None:
    found = connection.execute(select(signing_keys.c.key).where(signing_keys.c.purpose == purpose)).scalar()
    return None if found is None else bytes.fromhex(found)
