"""How benchmarks tell what they measured: tables, JSON lines, the machine beside the figures."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Sequence
from statistics import median

Row = Sequence[object]


def scale(default: int) -> int:
    """How many: `N` in the environment, else the default."""
    return int(os.environ.get("N") or default)


def machine() -> str:
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def table(heads: Sequence[str], rows: Sequence[Row]) -> None:
    """An aligned table: figures to the right, words to the left."""
    cells = [[_cell(cell) for cell in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(heads), *cells]) for i in range(len(heads))]
    print("  ".join(head.ljust(width) for head, width in zip(heads, widths, strict=True)))
    for row, line in zip(rows, cells, strict=True):
        print(
            "  ".join(
                text.rjust(width) if isinstance(cell, int | float) else text.ljust(width)
                for cell, text, width in zip(row, line, widths, strict=True)
            )
        )


def claim(name: str, figure: float, bar: float, *, at_least: bool) -> bool:
    """Print one claim as a JSON line; answers whether it holds."""
    holds = figure >= bar if at_least else figure <= bar
    print(json.dumps({"claim": name, "figure": round(figure, 3), "bar": bar, "holds": holds}), flush=True)
    return holds


def spread(values: Sequence[float]) -> str:
    """Median and range, for a table."""
    return f"{median(values):.0f} ({min(values):.0f} to {max(values):.0f})"


def _cell(cell: object) -> str:
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)
