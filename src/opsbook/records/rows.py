"""Small statements that every repository needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

Row = dict[str, Any]


def fetch(connection: Connection, query: Select[Any]) -> list[Row]:
    """The rows of a query as dictionaries, in the query's order."""
    return [dict(row) for row in connection.execute(query).mappings()]


def fetch_one(connection: Connection, query: Select[Any]) -> Row | None:
    """The first row, or None."""
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def insert_absent(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert unless a row with the same unique key stands; True when it was inserted. Safe to repeat."""
    return connection.execute(_absent(connection.dialect.name, table), dict(values)).rowcount == 1


def insert_all_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """`insert_absent` for rows with the same columns. Safe to repeat."""
    if rows:
        connection.execute(_absent(connection.dialect.name, table), [dict(row) for row in rows])


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, or replace the standing ones with the same primary key. Safe to repeat."""
    if rows:
        statement = _replacing(connection.dialect.name, table, tuple(rows[0]))
        connection.execute(statement, [dict(row) for row in rows])


def keep_lowest(connection: Connection, table: Table, column: str, query: Select[Any]) -> None:
    """Insert what a query finds, in one statement; where a row stands, the lower `column` of the two stays.

    The query has a condition (SQLite cannot tell an end of it otherwise), and one row for each primary key.
    """
    statement: Any = _dialect_insert(connection.dialect.name, table)
    statement = statement.from_select([one.name for one in query.selected_columns], query)
    offered = statement.excluded[column]
    keys = [one.name for one in table.primary_key]
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_={column: offered}, where=table.c[column] > offered)
    )


@cache
def _absent(dialect: str, table: Table) -> Any:
    """Made once for each table: building a statement costs more than running it.

    Without the option the number of inserted rows is known on SQLite only.
    """
    return _dialect_insert(dialect, table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


@cache
def _replacing(dialect: str, table: Table, columns: tuple[str, ...]) -> Any:
    statement = _dialect_insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    rest = {name: statement.excluded[name] for name in columns if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


def _dialect_insert(dialect: str, table: Table) -> Any:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
