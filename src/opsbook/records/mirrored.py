"""Which of our records are still owed to the mirror. Derived from the records themselves: nothing can be forgotten.

A record is owed while nothing of it was written, or while it was written in another state than the one it is in. New
ones are looked for from a time on (`floor`) that follows behind what has been written, so a look costs the same
whatever was written before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, String, Table, and_, case, cast, false, func, select, update

from opsbook.records.rows import Row, fetch, upsert
from opsbook.records.runs import OPEN_STATES
from opsbook.records.store import Store
from opsbook.records.tables.inbox import notifications
from opsbook.records.tables.mirror import mirrored
from opsbook.records.tables.playbooks import playbooks
from opsbook.records.tables.runs import runs

LATE = timedelta(minutes=10)  # how late a record may become visible after the time that stands in it
READ, UNREAD = "read", "unread"
UNSURE = ""  # the mark of a record that is being written, or of one that two have written at once


@dataclass(frozen=True)
class Lag:
    """How many records are owed, since when the oldest of them, and how many could not be written as they are."""

    owed: int
    oldest_at: datetime | None
    refused: int


@dataclass(frozen=True)
class _Kind:
    """One kind of record: its table, when a row came, its state, and the states that may still change.

    `again` finds the rows that were taken up once more after they had ended.
    """

    name: str
    table: Table
    came: Column[Any]
    state: ColumnElement[Any]
    open: Sequence[str]
    again: ColumnElement[bool]


RUNS = _Kind(
    "run",
    runs,
    runs.c.accepted_at,
    case((runs.c.attempt == 1, runs.c.state), else_=runs.c.state + "#" + cast(runs.c.attempt, String)),
    OPEN_STATES,
    runs.c.attempt > 1,
)
NOTIFICATIONS = _Kind(
    "notification",
    notifications,
    notifications.c.created_at,
    case((notifications.c.read_at.is_(None), UNREAD), else_=READ),
    (UNREAD,),
    false(),
)


class Mirrored:
    """Only the mirror writes here."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def runs_owed(self, limit: int) -> list[Row]:
        """Oldest first."""
        return self._owed(RUNS, limit)

    def notifications_owed(self, limit: int) -> list[Row]:
        """Oldest first."""
        return self._owed(NOTIFICATIONS, limit)

    def playbooks_owed(self) -> list[Row]:
        """By id, each with the `mark` of the state that it is in."""
        with self.store.reading() as connection:
            rows = fetch(connection, select(playbooks).order_by(playbooks.c.id))
            written = {row["id"]: row["mark"] for row in fetch(connection, _written("playbook"))}
        marked = [{**row, "mark": f"{row['version']}:{row['updated_at']:%Y-%m-%dT%H:%M:%S.%f}"} for row in rows]
        return [row for row in marked if written.get(row["id"]) != row["mark"]]

    def begin(self, kind: str, record_id: str, writer: str, now: datetime) -> None:
        """`writer` is about to write it; it stays owed until `end`. Safe to repeat."""
        row = {"kind": kind, "id": record_id, "mark": UNSURE, "error": None, "writer": writer, "at": now}
        with self.store.transaction() as connection:
            upsert(connection, mirrored, [row])

    def end(self, kind: str, record_id: str, writer: str, mark: str, error: str | None, now: datetime) -> bool:
        """`writer` wrote it in this state, or was refused in it.

        False when another writer began meanwhile: nobody knows which of the two came last, so it is owed again.
        """
        this = (mirrored.c.kind == kind, mirrored.c.id == record_id)
        done = update(mirrored).where(*this, mirrored.c.writer == writer)
        with self.store.transaction() as connection:
            if connection.execute(done.values(mark=mark, error=error, writer=None, at=now)).rowcount == 1:
                return True
            connection.execute(update(mirrored).where(*this).values(mark=UNSURE, error=None, writer=None))
            return False

    def caught_up(self, now: datetime) -> None:
        """Nothing was owed at `now`: look for new records from a little before it on."""
        moment = f"{now - LATE:%Y-%m-%dT%H:%M:%S.%f%z}"
        rows = [
            {"kind": "floor", "id": kind.name, "mark": moment, "error": None, "at": now}
            for kind in (RUNS, NOTIFICATIONS)
        ]
        with self.store.transaction() as connection:
            upsert(connection, mirrored, rows)

    def lag(self) -> Lag:
        """What is owed now."""
        books = self.playbooks_owed()
        owed, oldest = len(books), [row["updated_at"] for row in books]
        with self.store.reading() as connection:
            for kind in (RUNS, NOTIFICATIONS):
                for query in self._queries(kind):
                    found = query.subquery()
                    counted = select(func.count(), func.min(found.c[kind.came.name])).select_from(found)
                    count, first = connection.execute(counted).one()
                    owed += int(count)
                    oldest += [first] if first is not None else []
            refused = connection.execute(select(func.count()).where(mirrored.c.error.is_not(None))).scalar()
        return Lag(owed, min(oldest, default=None), int(refused or 0))

    def _owed(self, kind: _Kind, limit: int) -> list[Row]:
        with self.store.reading() as connection:
            rows = [
                row
                for query in self._queries(kind)
                for row in fetch(connection, query.order_by(kind.came, kind.table.c.id).limit(limit))
            ]
        return sorted(rows, key=lambda row: (row[kind.came.name], row["id"]))[:limit]

    def _queries(self, kind: _Kind) -> tuple[Select[Any], ...]:
        """Records that came since the floor and were not written, written ones whose open state has changed, and those
        that were taken up again. None is in two of them."""
        mine = and_(mirrored.c.kind == kind.name, mirrored.c.id == kind.table.c.id)
        chosen = select(kind.table, kind.state.label("mark"))
        new = chosen.outerjoin(mirrored, mine).where(mirrored.c.id.is_(None))
        floor = self._floor(kind)
        if floor is not None:
            new = new.where(kind.came >= floor)
        changed = chosen.join(mirrored, mine).where(mirrored.c.mark != kind.state)
        return new, changed.where(mirrored.c.mark.in_((*kind.open, UNSURE)), ~kind.again), changed.where(kind.again)

    def _floor(self, kind: _Kind) -> datetime | None:
        query = select(mirrored.c.mark).where(mirrored.c.kind == "floor", mirrored.c.id == kind.name)
        with self.store.reading() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else datetime.fromisoformat(found)


def _written(kind: str) -> Select[Any]:
    return select(mirrored.c.id, mirrored.c.mark).where(mirrored.c.kind == kind)
