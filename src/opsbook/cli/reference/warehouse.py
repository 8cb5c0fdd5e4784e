"""The page of the warehouse: the canonical tables that figures are made of, column by column."""

from __future__ import annotations

from opsbook.cli.reference._markdown import code, codes, table
from opsbook.warehouse.tables import TABLES, Table

INTRODUCTION = """# Warehouse

The tables that figures are made of, loaded with `opsbook load <table> <file>` from CSV, Parquet or JSON Lines. An empty
cell of a column that may be empty is nothing; a cell that could not be read, or a column that the file did not have, is
unread, and figures that need it are unknown.
"""


def page() -> str:
    return "\n".join([INTRODUCTION, *map(_section, TABLES.values())])


def _section(one: Table) -> str:
    rows = [
        (code(column.name), column.kind.value, "yes" if column.required else "", column.meaning)
        for column in one.columns
    ]
    told = f"{one.meaning[:1].upper()}{one.meaning[1:].rstrip('.')}. Key: {codes(one.key)}."
    return f"## {code(one.name)}\n\n{told}\n\n" + table(("Column", "Kind", "Required", "Meaning"), rows)
