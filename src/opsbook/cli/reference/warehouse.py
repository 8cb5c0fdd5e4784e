"""The page of the warehouse: the canonical tables that figures are made of, column by column."""

from __future__ import annotations

from opsbook.cli.reference._markdown import code, codes, table
from opsbook.playbooks.fields import duration_text
from opsbook.warehouse.sheets import Sheet, sheets
from opsbook.warehouse.tables import TABLES, Kind, Table

INTRODUCTION = """# Warehouse

The tables that figures are made of, loaded with `opsbook load <table> <file>` from CSV, Parquet or JSON Lines. An empty
cell of a column that may be empty is nothing; a cell that could not be read, or a column that the file did not have, is
unread, and figures that need it are unknown.
"""


KINDS = {
    Kind.TEXT: "any text; blanks around it are cut off",
    Kind.WORD: "a text of a small set, kept in lower case",
    Kind.TIME: "`2026-03-01`, `2026-03-01 10:11`, `2026-03-01T10:11:12.345Z`, with an offset or in UTC without one; "
    "`20260301`; a number of seconds, ms or µs since 1970; years 1900 to 2199; stored in UTC",
    Kind.CENTS: "whole hundredths of the currency; `:usd` makes them of an amount in its main unit, half a cent away "
    "from zero, a dollar sign and commas read over",
    Kind.COUNT: "a whole number",
    Kind.NUMBER: "any finite number",
    Kind.FLAG: "`true`, `yes`, `1`, `t`, `y` and their opposites",
}
MAPPING = """## Mapping

| `--map` | Takes |
| --- | --- |
| `ours=theirs` | their column as it is |
| `ours=theirs:usd` | an amount in a main unit, as cents |
| `ours=theirs:not` | a flag, turned round |
| `ours=theirs:sha256` | the hash of a text in lower case |
| `ours=@word` | the same word in every row |
| `ours=@` | nothing in every row, and known to be nothing |
"""

METRICS = """## Metrics

Each figure leaves the warehouse with what it rests on, and is unknown outside these conditions; `[metrics.<name>]` in
the settings changes them, and [figures](../explain/figures.md) says where they come from. `opsbook explain metric NAME`
shows the rows behind one.
"""


def page() -> str:
    return "\n".join([INTRODUCTION, _kinds(), MAPPING, *map(_section, TABLES.values()), METRICS, _metrics()])


def _kinds() -> str:
    return "## Kinds\n\n" + table(("Kind", "What is read"), [(kind.value, KINDS[kind]) for kind in Kind])


def _metrics() -> str:
    heads = ("Metric", "What it is", "Unit", "Needs", "Window", "At least", "Fresh within", "Readable")
    return table(heads, [_metric(one) for one in sheets().values()])


def _metric(one: Sheet) -> tuple[str, ...]:
    window = duration_text(one.window) if one.window else "a moment"
    least = f"{one.contract.minimum_n} {one.counts}" if one.contract.minimum_n else ""
    readable = f"{one.contract.minimum_completeness * 100:g} %"
    fresh = duration_text(one.contract.fresh_within)
    return code(one.name), one.definition, one.unit, codes(one.needs), window, least, fresh, readable


def _section(one: Table) -> str:
    rows = [
        (code(column.name), column.kind.value, "yes" if column.required else "", column.meaning)
        for column in one.columns
    ]
    told = f"{one.meaning[:1].upper()}{one.meaning[1:].rstrip('.')}. Key: {codes(one.key)}."
    return f"## {code(one.name)}\n\n{told}\n\n" + table(("Column", "Kind", "Required", "Meaning"), rows)
