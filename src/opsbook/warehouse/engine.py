"""DuckDB, and nothing else: connections for readers and for a loader. Imported only when a warehouse is used."""

# ruff: noqa: S608 names in statements are declared in tables.py or quoted by `name`, texts go through `literal`

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from opsbook.sdk.errors import NeverWorks
from opsbook.warehouse.tables import TABLES, UNREAD, Table

EngineError = duckdb.Error
MissingFile = duckdb.IOException
Connection = duckdb.DuckDBPyConnection

_CONFIG: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


def open_reader(folder: Path, held: Mapping[str, str]) -> Connection:
    """A connection with one view a table (over its file, or without rows for one that was never loaded).

    On top of them come the terms that several metrics share (`definitions.sql`).
    """
    connection = _connect(folder)
    connection.execute("SET parquet_metadata_cache = true")
    for table in TABLES.values():
        file = held.get(table.name)
        connection.execute(f"CREATE VIEW {table.name} AS {stored(folder / file) if file else _nothing(table)}")
    connection.execute(files(__package__).joinpath("definitions.sql").read_text("utf-8"))
    connection.execute("SET lock_configuration = true")
    return connection


def open_loader(folder: Path) -> Connection:
    """A connection that knows how cells are read (`reading.sql`)."""
    connection = _connect(folder)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(files(__package__).joinpath("reading.sql").read_text("utf-8"))
    return connection


def select(connection: Connection, query: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of one query, on a cursor of its own. Raises `NeverWorks` when the query itself is wrong."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(query, dict(parameters) or None)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except (duckdb.ProgrammingError, duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            raise NeverWorks("A query of the warehouse does not work.", code="bad_query") from error


def stored(file: Path) -> str:
    return f"SELECT * FROM read_parquet({literal(str(file))})"


def literal(text: str) -> str:
    """A text inside a statement."""
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    """A name inside a statement."""
    return '"' + text.replace('"', '""') + '"'


def _connect(folder: Path) -> Connection:
    return duckdb.connect(":memory:", config={**_CONFIG, "temp_directory": str(folder / "spill")})


def _nothing(table: Table) -> str:
    columns = [f"CAST(NULL AS {column.kind.sql}) AS {name(column.name)}" for column in table.columns]
    return f"SELECT {', '.join(columns)}, CAST(NULL AS VARCHAR) AS {UNREAD} WHERE false"
