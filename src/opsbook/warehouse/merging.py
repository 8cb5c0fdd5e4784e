"""Brings the rows of a load into a table's files, at the cost of what changed.

The new rows become a part of their own. Earlier rows with the same keys stay in their files, and the file `gone` names
them by part and place. A part that is no longer large against what follows it is written anew together with it, so the
parts shrink at least by `GROWTH` from one to the next and a row is written again a few times at most; once more than
`MOST_GONE` of the rows are gone, everything is.
"""

# ruff: noqa: S608 names in statements are declared in tables.py or quoted by `name`, texts go through `literal`

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from opsbook.warehouse import engine
from opsbook.warehouse.engine import Connection, literal, name
from opsbook.warehouse.manifest import Held, Part
from opsbook.warehouse.tables import UNREAD, Kind, Table

GROWTH = 2  # times the rows after it: a part that has no more is written anew with them
MOST_GONE = 0.05  # of all rows: a query may cost a little more than over one file, not a lot
_GONE = "gone_now"  # a table of the loader: part, place


@dataclass(frozen=True)
class Change:
    """What a table is made of after a load. The files are in place and durable; nothing names them yet."""

    parts: tuple[Part, ...]
    gone: str | None
    rows: int
    latest: datetime | None
    unread: Mapping[str, int]


@dataclass(frozen=True)
class Place:
    """Where files go: made in `work`, then moved to `folder`. `number` is the load's."""

    folder: Path
    work: Path
    table: Table
    number: int

    def write(self, connection: Connection, query: str, ending: str) -> str:
        """Write the rows of a query to a file of this load; its name."""
        draft = self.work / f"draft{ending}"
        connection.execute(f"COPY ({query}) TO {literal(str(draft))} (FORMAT parquet)")
        with draft.open("rb") as opened:
            os.fsync(opened.fileno())
        file = f"{self.table.name}-{self.number}{ending}"
        draft.replace(self.folder / file)
        return file


def merge(connection: Connection, place: Place, earlier: Held | None) -> Change:
    """Bring the table `standing` of the loader, in which no key comes twice, into the files of a table.

    Without `earlier`, whatever the table held before goes.
    """
    new = count(connection, "SELECT count(*) FROM standing")
    replaced = _find_replaced(connection, place, earlier)
    parts = [replace(part, gone=part.gone + replaced.get(part.number, 0)) for part in earlier.parts] if earlier else []
    staying = kept(parts, new)
    leaving = parts[staying:]
    columns = engine.columns_of(place.table)
    query = f"SELECT {columns} FROM standing"
    if leaving:
        query = f"{engine.rows_in(place.folder, leaving, columns, _GONE)} UNION ALL {query}"
    rows = new + sum(part.standing for part in leaving)
    part = Part(place.number, place.write(connection, query, ".parquet"), rows)
    parts = [*parts[:staying], part]
    return Change(
        tuple(parts),
        _write_gone(connection, place, parts),
        sum(one.standing for one in parts),
        _latest(connection, place, earlier, parts),
        _unread(connection, earlier),
    )


def kept(parts: Sequence[Part], new: int) -> int:
    """How many of the parts, from the first, stay as they are when so many new rows come."""
    staying, rows = len(parts), new
    while staying and parts[staying - 1].standing <= GROWTH * rows:
        staying -= 1
        rows += parts[staying].standing
    total = sum(part.rows for part in parts[:staying])
    return 0 if sum(part.gone for part in parts[:staying]) > MOST_GONE * total else staying


def count(connection: Connection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def marks(connection: Connection, rows: str) -> dict[str, int]:
    """How many rows carry each mark of `unread`. `rows` begins with FROM."""
    found: dict[str, int] = {}
    for words, times in connection.execute(f"SELECT {UNREAD}, count(*) {rows} GROUP BY ALL").fetchall():
        for one in (words or "").split():
            found[one] = found.get(one, 0) + int(times)
    return found


def _find_replaced(connection: Connection, place: Place, earlier: Held | None) -> dict[int, int]:
    """Note the earlier rows with the key of a new one in `replaced`; how many of each part. `_GONE`: all that are gone.

    Reads the keys of all rows: that is the share of a load's cost that grows with the table.
    """
    connection.execute(f"CREATE TABLE replaced (part INTEGER, place BIGINT, latest TIMESTAMP, {UNREAD} VARCHAR)")
    connection.execute(f"CREATE TABLE {_GONE} (part INTEGER, place BIGINT)")
    if earlier is None:
        return {}
    if earlier.gone:
        file = literal(str(place.folder / earlier.gone))
        connection.execute(f"INSERT INTO {_GONE} SELECT part, place FROM read_parquet({file})")
    keys = [name(one) for one in place.table.key]
    same = " AND ".join(f"old.{one} IS NOT DISTINCT FROM new.{one}" for one in keys)
    columns = ", ".join((*keys, UNREAD, "file_row_number", f"{_time_of(place.table)} AS latest"))
    for part in earlier.parts:
        old = engine.rows_with_place(place.folder, part, columns, _GONE)
        connection.execute(
            f"INSERT INTO replaced SELECT {part.number}, file_row_number, latest, {UNREAD} "
            f"FROM ({old}) AS old SEMI JOIN standing AS new ON {same}"
        )
    connection.execute(f"INSERT INTO {_GONE} SELECT part, place FROM replaced")
    return dict(connection.execute("SELECT part, count(*) FROM replaced GROUP BY part").fetchall())


def _write_gone(connection: Connection, place: Place, parts: Sequence[Part]) -> str | None:
    numbers = ", ".join(str(part.number) for part in parts if part.gone)
    if not numbers:
        return None
    query = f"SELECT part, place FROM {_GONE} WHERE part IN ({numbers}) ORDER BY part, place"
    return place.write(connection, query, ".gone.parquet")


def _latest(connection: Connection, place: Place, earlier: Held | None, parts: Sequence[Part]) -> datetime | None:
    """The latest time of the rows that stand; read anew only when the row that had it was replaced."""
    new = _time(connection, f"SELECT max({_time_of(place.table)}) FROM standing")
    if earlier is None or earlier.latest is None:
        return new
    gone = _time(connection, "SELECT max(latest) FROM replaced")
    if gone is None or gone < earlier.latest:
        return max(earlier.latest, new or earlier.latest)
    every = engine.rows_in(place.folder, parts, f"{_time_of(place.table)} AS latest", _GONE)
    return _time(connection, f"SELECT max(latest) FROM ({every})")


def _unread(connection: Connection, earlier: Held | None) -> dict[str, int]:
    found = marks(connection, "FROM standing")
    if earlier is None:
        return found
    gone = marks(connection, "FROM replaced")
    names = found.keys() | earlier.unread.keys()
    counts = {one: found.get(one, 0) + earlier.unread.get(one, 0) - gone.get(one, 0) for one in names}
    return {one: number for one, number in counts.items() if number}


def _time_of(table: Table) -> str:
    """A row's latest time, of the columns that every row has."""
    times = [name(column.name) for column in table.columns if column.kind is Kind.TIME and column.required]
    return f"greatest({', '.join(times)})" if times else "CAST(NULL AS TIMESTAMP)"


def _time(connection: Connection, query: str) -> datetime | None:
    found: datetime | None = connection.execute(query).fetchall()[0][0]
    return found.replace(tzinfo=UTC) if found else None
