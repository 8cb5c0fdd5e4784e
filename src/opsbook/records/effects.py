"""The effects ledger's rows: one for each effect, keyed for ever. Only the effects room writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from opsbook.records.rows import Row, fetch, fetch_one, insert_absent, upsert
from opsbook.records.segments import Fence
from opsbook.records.store import Store
from opsbook.records.tables.runs import contacts, effects


class Effects:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def start(self, row: Mapping[str, Any], fence: Fence | None, now: datetime) -> tuple[Row, bool]:
        """Commit that the effect is started, *before* it leaves.

        Answers (row as it stood, True) when the caller may send, (row, False) when the effect stands already as
        `started`, `done` or `uncertain`. A row that failed for certain is started again.
        """

        def write(connection: Connection) -> tuple[Row, bool]:
            if fence:
                fence.check(connection)
            fresh = {**row, "state": "started", "attempts": 1, "planned_at": now, "started_at": now}
            if insert_absent(connection, effects, fresh):
                return dict(fresh), True
            standing = fetch_one(connection, select(effects).where(effects.c.key == row["key"]))
            assert standing is not None
            if standing["state"] not in ("planned", "failed") or standing["request_digest"] != row["request_digest"]:
                return standing, False
            change = {"state": "started", "attempts": standing["attempts"] + 1, "started_at": now, "error": None}
            change["epoch"] = row["epoch"]
            connection.execute(update(effects).where(effects.c.key == row["key"]).values(**change))
            return {**standing, **change}, True

        return await self.store.shared(write)

    async def finish(
        self,
        key: str,
        state: str,
        now: datetime,
        *,
        provider_id: str | None = None,
        error: Mapping[str, Any] | None = None,
        told: Sequence[Mapping[str, Any]] = (),
        fence: Fence | None = None,
    ) -> Row:
        """Record what came of it; with `told`, what this recipient was told of, in the same transaction."""

        def write(connection: Connection) -> Row:
            if fence:
                fence.check(connection)
            change = {"state": state, "finished_at": now, "provider_id": provider_id, "error": error}
            connection.execute(update(effects).where(effects.c.key == key).values(**change))
            if told:
                upsert(connection, contacts, told)
            row = fetch_one(connection, select(effects).where(effects.c.key == key))
            assert row is not None
            return row

        return await self.store.shared(write)

    def told_since(self, channel: str, recipient: str, dedup_key: str, since: datetime) -> Row | None:
        """The last message about this key to this recipient, if it is not older than `since`."""
        query = select(contacts).where(
            contacts.c.channel == channel,
            contacts.c.recipient == recipient,
            contacts.c.dedup_key == dedup_key,
            contacts.c.sent_at >= since,
        )
        with self.store.reading() as connection:
            return fetch_one(connection, query)

    def standing(self, keys: Sequence[str]) -> dict[str, Row]:
        """The rows that there are under these keys."""
        with self.store.reading() as connection:
            return {row["key"]: row for row in fetch(connection, select(effects).where(effects.c.key.in_(keys)))}

    def of_run(self, run_id: str) -> list[Row]:
        """In the order of their start."""
        query = select(effects).where(effects.c.run_id == run_id).order_by(effects.c.planned_at, effects.c.key)
        with self.store.reading() as connection:
            return fetch(connection, query)

    async def give_up(self, run_id: str, note: Mapping[str, Any], now: datetime, fence: Fence | None) -> None:
        """Mark what still stands as `started` as `uncertain`: nobody waits for its answer any more. Safe to repeat."""

        def write(connection: Connection) -> None:
            if fence:
                fence.check(connection)
            change = update(effects).where(effects.c.run_id == run_id, effects.c.state == "started")
            connection.execute(change.values(state="uncertain", finished_at=now, error=dict(note)))

        await self.store.shared(write)

    def unsettled(self, run_id: str) -> int:
        """How many effects of a run nobody can vouch for."""
        query = select(func.count()).where(
            effects.c.run_id == run_id, effects.c.state.in_(("started", "uncertain", "planned"))
        )
        with self.store.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def in_state(self, states: Sequence[str], limit: int = 200) -> list[Row]:
        query = select(effects).where(effects.c.state.in_(states)).order_by(effects.c.planned_at).limit(limit)
        with self.store.reading() as connection:
            return fetch(connection, query)

    def settle(self, key: str, state: str, by: str, reason: str, now: datetime) -> Row | None:
        """A person settles an uncertain effect as `done` or `failed`. None when it was not uncertain."""
        with self.store.transaction() as connection:
            change = update(effects).where(effects.c.key == key, effects.c.state == "uncertain")
            note = {"code": "settled", "message": reason, "by": by}
            if connection.execute(change.values(state=state, finished_at=now, error=note)).rowcount != 1:
                return None
            return fetch_one(connection, select(effects).where(effects.c.key == key))
