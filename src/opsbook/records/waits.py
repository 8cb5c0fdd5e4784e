"""What parked runs wait for. A wait is answered once: the first answer wins, later ones are told so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from opsbook.records.rows import Row, fetch, fetch_one
from opsbook.records.store import Store
from opsbook.records.tables.runs import runs, waits
from opsbook.sdk.values import Json


class Waits:
    def __init__(self, store: Store) -> None:
        self.store = store

    def answer(self, wait_id: str, state: str, answer: Json, now: datetime) -> Row | None:
        """Close an open wait as `state` and make its run `queued` for the next segment, in one transaction.

        Answers the wait, or None when it was already closed.
        """
        with self.store.transaction() as connection:
            return close_wait(connection, wait_id, state, answer, now)

    def due(self, now: datetime, limit: int = 500) -> list[Row]:
        """Open waits whose deadline has passed, earliest first."""
        query = select(waits).where(waits.c.state == "open", waits.c.deadline <= now)
        with self.store.reading() as connection:
            return fetch(connection, query.order_by(waits.c.deadline).limit(limit))

    def next_deadline(self) -> datetime | None:
        query = select(func.min(waits.c.deadline)).where(waits.c.state == "open")
        with self.store.reading() as connection:
            found: datetime | None = connection.execute(query).scalar()
            return found

    def open_for(self, subject: str) -> list[Row]:
        query = select(waits).where(waits.c.state == "open", waits.c.subject == subject)
        with self.store.reading() as connection:
            return fetch(connection, query)

    def open_of(self, run_id: str) -> list[Row]:
        query = select(waits).where(waits.c.state == "open", waits.c.run_id == run_id)
        with self.store.reading() as connection:
            return fetch(connection, query)

    def overtaken(self, over: frozenset[str]) -> list[Row]:
        """Open waits for runs that have ended, in a state of `over`, without anybody noticing."""
        ended = waits.join(runs, runs.c.id == waits.c.subject)
        query = select(waits).select_from(ended).where(waits.c.state == "open", runs.c.state.in_(over))
        with self.store.reading() as connection:
            return fetch(connection, query)

    def of_stopped(self) -> list[Row]:
        """Open waits of runs that were asked to stop; in `finally` a run may still wait."""
        query = select(waits).select_from(waits.join(runs, runs.c.id == waits.c.run_id))
        with self.store.reading() as connection:
            asked = (waits.c.state == "open", runs.c.stop_requested.is_(True), waits.c.path.not_like("finally/%"))
            return fetch(connection, query.where(*asked))

    def answered(self, run_id: str) -> dict[str, Row]:
        """Closed waits of a run, by step path."""
        query = select(waits).where(waits.c.run_id == run_id, waits.c.state != "open")
        with self.store.reading() as connection:
            return {row["path"]: row for row in fetch(connection, query)}


def close_wait(connection: Connection, wait_id: str, state: str, answer: Json, now: datetime) -> Row | None:
    """`Waits.answer` inside somebody's transaction."""
    change = update(waits).where(waits.c.id == wait_id, waits.c.state == "open")
    if connection.execute(change.values(state=state, answer=answer, answered_at=now)).rowcount != 1:
        return None
    row = fetch_one(connection, select(waits).where(waits.c.id == wait_id))
    assert row is not None
    follow = update(runs).where(runs.c.id == row["run_id"], runs.c.state == "waiting")
    connection.execute(follow.values(state="queued", segment=row["segment"] + 1, accepted_at=runs.c.accepted_at))
    return row


def open_wait(row: dict[str, Any]) -> Any:
    """A write that opens a wait; safe to repeat."""

    def write(connection: Connection) -> None:
        if fetch_one(connection, select(waits).where(waits.c.id == row["id"])) is None:
            connection.execute(waits.insert(), row)

    return write
