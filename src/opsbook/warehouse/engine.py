"""DuckDB, and nothing else: connections for readers and for a loader. Imported only when a warehouse is used."""

# ruff: noqa: S608 names in statements are declared in tables.py or quoted by `name`, texts go through `literal`

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from opsbook.sdk.errors import NeverWorks
from opsbook.warehouse.manifest import Held, Part
from opsbook.warehouse.tables import TABLES, UNREAD, Table

EngineError = duckdb.Error
MissingFile = duckdb.IOException
Connection = duckdb.DuckDBPyConnection
AT_ONCE = 10_000  # rows

_CONFIG: dict[str, Any] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "memory_limit": "1GB",  # what does not fit goes to disk: a load of any size fits on a small machine
}


def open_reader(folder: Path, held: Mapping[str, Held]) -> Connection:
    """A connection with one view a table (over its files, or without rows for one that was never loaded).

    On top of them come the terms that several metrics share (`definitions.sql`), and those of the rows behind them.
    """
    connection = _connect(folder)
    connection.execute("SET parquet_metadata_cache = true")
    for table in TABLES.values():
        mine = held.get(table.name)
        connection.execute(f"CREATE VIEW {table.name} AS {rows_of(folder, table, mine) if mine else _nothing(table)}")
    for shared in ("definitions.sql", "behind.sql"):
        connection.execute(files(__package__).joinpath(shared).read_text("utf-8"))
    connection.execute("SET lock_configuration = true")
    return connection


def open_loader(folder: Path) -> Connection:
    """A connection that knows how cells are read (`reading.sql`)."""
    connection = _connect(folder)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(files(__package__).joinpath("reading.sql").read_text("utf-8"))
    return connection


def select(
    connection: Connection, terms: Mapping[str, Any], query: str, parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The rows of one query, on a cursor of its own, to which the terms are bound (a cursor begins without them).

    Raises `NeverWorks` when the query itself is wrong.
    """
    with connection.cursor() as cursor:
        try:
            cursor.execute("SET VARIABLE terms = $1", [terms])
            cursor.execute(query, dict(parameters) or None)
            return _rows(cursor)
        except (duckdb.ProgrammingError, duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            raise NeverWorks("A query of the warehouse does not work.", code="bad_query") from error


def stored(file: Path) -> str:
    return f"SELECT * FROM read_parquet({literal(str(file))})"


def _rows(cursor: Connection) -> list[dict[str, Any]]:
    """What is left of an answer, piece by piece: an answer of millions is not held twice. Times come out in UTC."""
    columns = cursor.description or []
    names = [column[0] for column in columns]
    times = [column[0] for column in columns if str(column[1]) == "TIMESTAMP"]
    found: list[dict[str, Any]] = []
    while some := cursor.fetchmany(AT_ONCE):
        rows = [dict(zip(names, row, strict=True)) for row in some]
        for name in times:
            for row in rows:
                row[name] = row[name] and row[name].replace(tzinfo=UTC)
        found += rows
    return found


def rows_of(folder: Path, table: Table, held: Held) -> str:
    """A query for the rows of a table that stand."""
    gone = f"read_parquet({literal(str(folder / held.gone))})" if held.gone else ""
    return rows_in(folder, held.parts, columns_of(table), gone)


def rows_in(folder: Path, parts: Sequence[Part], columns: str, gone: str) -> str:
    """A query for the rows of some parts, at least one, without those that the relation `gone` names.

    `gone` has the columns `part`, a part's number, and `place`, a row's number in its file.
    """
    whole = ", ".join(literal(str(folder / part.file)) for part in parts if not part.gone)
    found = [f"SELECT {columns} FROM read_parquet([{whole}])"] if whole else []
    found += [rows_with_place(folder, part, columns, gone) for part in parts if part.gone]
    return " UNION ALL ".join(found)


def rows_with_place(folder: Path, part: Part, columns: str, gone: str) -> str:
    """The same for one part, where the columns may name `file_row_number`, a row's place in its file."""
    query = f"SELECT {columns} FROM read_parquet({literal(str(folder / part.file))}, file_row_number = true) AS held"
    if not part.gone:
        return query
    places = f"SELECT place FROM {gone} WHERE part = {part.number}"
    return f"{query} ANTI JOIN ({places}) AS replaced ON replaced.place = held.file_row_number"


def columns_of(table: Table) -> str:
    return ", ".join(name(one) for one in (*table.names, UNREAD))


def literal(text: str) -> str:
    """A text inside a statement."""
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    """A name inside a statement."""
    return '"' + text.replace('"', '""') + '"'


def _connect(folder: Path) -> Connection:
    connection = duckdb.connect(":memory:", config={**_CONFIG, "temp_directory": str(folder / "spill")})
    connection.execute("SET enable_progress_bar = false")  # it goes to the output, into the midst of `--json`
    return connection


def _nothing(table: Table) -> str:
    columns = [f"CAST(NULL AS {column.kind.sql}) AS {name(column.name)}" for column in table.columns]
    return f"SELECT {', '.join(columns)}, CAST(NULL AS VARCHAR) AS {UNREAD} WHERE false"
