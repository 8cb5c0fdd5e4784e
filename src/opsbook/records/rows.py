"""Small statements that every repository needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    statement = _dialect_insert(connection, table).values(**values).on_conflict_do_nothing()
    return connection.execute(statement).rowcount == 1


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, or replace the standing ones with the same primary key. Safe to repeat."""
    if not rows:
        return
    statement = _dialect_insert(connection, table)
    keys = [column.name for column in table.primary_key]
    rest = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest), [dict(row) for row in rows])


def _dialect_insert(connection: Connection, table: Table) -> Any:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
