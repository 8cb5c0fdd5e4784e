"""Databases of a shop, as tests of the SQL source declare and fill them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opsbook.warehouse import Warehouse
from opsbook.warehouse.engine import open_reader
from opsbook.warehouse.manifest import read_manifest
from opsbook.warehouse.sources._synced import Synced
from opsbook.warehouse.sources.sql.declared import declared
from opsbook.warehouse.sources.sql.sync import sync

ORDERS = {
    "table": "orders",
    "query": "SELECT id, account AS organization_id, placed_at AS ordered_at, cents AS total_cents, updated_at "
    "FROM orders",
    "cursor": "updated_at",
}
ACCOUNTS = {
    "table": "organizations",
    "query": "SELECT id, name, created_at, updated_at FROM accounts",
    "cursor": "updated_at",
}
MADE = "2026-11-01 10:00:00"


@dataclass
class Shop:
    """A database with declared queries, and the warehouse that they fill."""

    url: str
    warehouse: Warehouse
    queries: dict[str, dict[str, Any]] = field(default_factory=lambda: {"orders": dict(ORDERS)})
    options: dict[str, Any] = field(default_factory=dict)

    def sync(self, *names: str, **more: Any) -> list[Synced]:
        (source,) = declared({"shop": {"url": self.url, **self.options, **self.queries}})
        return sync(source, self.warehouse, source.chosen(names), **more)

    def one(self, name: str = "orders", **more: Any) -> Synced:
        (found,) = self.sync(name, **more)
        return found

    def rows(self, table: str = "orders") -> list[dict[str, Any]]:
        """What the warehouse holds, by id."""
        reader = open_reader(self.warehouse.folder, read_manifest(self.warehouse.folder))
        shown = reader.execute(f"FROM {table} ORDER BY id")
        names = [column[0] for column in shown.description or ()]
        return [dict(zip(names, row, strict=True)) for row in shown.fetchall()]


Execute = Callable[..., None]


def sqlite_execute(path: Path) -> Execute:
    def execute(*statements: str) -> None:
        with sqlite3.connect(path) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    return execute


def tables(times: str) -> Sequence[str]:
    return (
        f"CREATE TABLE accounts (id integer PRIMARY KEY, name text, created_at {times}, updated_at {times})",
        f"CREATE TABLE orders (id integer PRIMARY KEY, account integer, placed_at {times}, cents integer, "
        f"updated_at {times})",
    )
