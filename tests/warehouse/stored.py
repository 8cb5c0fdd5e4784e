"""What a warehouse holds, whatever files it is in."""

from __future__ import annotations

from typing import Any

from opsbook.warehouse import Warehouse
from opsbook.warehouse.engine import open_reader
from opsbook.warehouse.manifest import read_manifest


def stored(warehouse: Warehouse, table: str) -> list[tuple[Any, ...]]:
    """The rows of a table, in the order of its columns, `unread` last; sorted."""
    reader = open_reader(warehouse.folder, read_manifest(warehouse.folder))
    return reader.execute(f"FROM {table} ORDER BY ALL").fetchall()
