"""How fast files are loaded, with how much memory, and what a load costs when little has changed.

`N` organisations (a million) with five orders and ten events each. Every load goes through `Warehouse.load`, like
everybody's: cells are read and judged, keys compared. Each file is loaded into an empty warehouse in a process of its
own. Then small loads, half of their rows new and half changed, come on top of all orders and on top of a tenth of
them: that says which share of their cost grows with the table. The bars are for a million: a process needs a tenth of
a second before it loads anything.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import duckdb

from bench._platform import AS_OF, TABLES, write
from bench._telling import claim, machine, scale, table
from opsbook.sdk.clock import SteppedClock
from opsbook.warehouse import Warehouse

LEAST = {"parquet": 300_000.0, "csv": 100_000.0}  # rows a second
MOST_GIB = 2.0
SHARES = {1000: 0.1, 100: 0.25}  # one row in so many: at most this share of a whole load
MOST_GROWTH = 0.05  # of what a row costs in a whole load: what each row of the table adds to a small one
REPEATS = 12
CHANGED = """
    SELECT 'order-' || if(j % 2 = 0, hash(j * 1000 + $round) % $rows, $rows + $round * $size + j) AS id,
        'org-' || (j % 1000) AS organization_id, 'consumer-' || j AS consumer_id, TIMESTAMP '$at' AS ordered_at,
        j AS total_cents, 'live' AS mode, 'completed' AS status, 'Product ' || (j % 40) AS product
    FROM range($size) AS t(j)
"""


@dataclass(frozen=True)
class Small:
    """Seconds of small loads on top of so many rows, and of the whole load of these."""

    rows: int
    whole: float
    small: list[float]


def whole_load(name: str, path: Path) -> dict[str, float]:
    """Rows a second of one file, loaded here into an empty warehouse, and this process's memory at its highest."""
    with tempfile.TemporaryDirectory() as made:
        warehouse = Warehouse(Path(made) / "warehouse", SteppedClock(AS_OF))
        began = time.perf_counter()
        rows = warehouse.load(name, path).loaded
        seconds = time.perf_counter() - began
    return {"rate": rows / seconds, "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def in_a_fresh_process(name: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.loading", name, str(path)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, Any] = json.loads(said)
    return found


def small_loads(warehouse: Warehouse, folder: Path, size: int) -> list[float]:
    """Seconds of each of `REPEATS` loads of `size` rows on top of the orders."""
    held = warehouse.held("orders")
    assert held is not None
    seconds = []
    for number in range(REPEATS):
        made = CHANGED.replace("$round", str(number)).replace("$rows", str(held.rows)).replace("$size", str(size))
        path = folder / "changed.parquet"
        duckdb.execute(f"COPY ({made.replace('$at', f'{AS_OF:%Y-%m-%d}')}) TO '{path}' (FORMAT parquet)")
        began = time.perf_counter()
        warehouse.load("orders", path)
        seconds.append(time.perf_counter() - began)
    return seconds


def increments(folder: Path, organizations: int) -> list[bool]:
    """What small loads cost, against a whole load of the same table, and how that grows with the table."""
    few, many = max(SHARES), min(SHARES)
    cases = {
        case: small_case(folder, organizations, case[0], 5 * organizations // case[1])
        for case in ((1, few), (1, many), (10, few))
    }
    rows = [
        (
            f"{5 * organizations // every:,} rows on top of {case.rows:,}",
            f"{median(case.small):.3f}",
            f"{case.whole:.1f}",
        )
        for (_, every), case in cases.items()
    ]
    table(("Small loads", "s, median", "whole load, s"), rows)
    held = [
        claim(
            f"mean load of one row in {every} of the orders, of a whole load",
            mean(cases[1, every].small) / cases[1, every].whole,
            most,
            at_least=False,
        )
        for every, most in SHARES.items()
    ]
    large, small = cases[1, few], cases[10, few]
    grown = max(0.0, median(large.small) - median(small.small)) / (large.rows - small.rows)
    said = "what a row of the table adds to a small load, of what it costs in a whole one"
    return [*held, claim(said, grown / (large.whole / large.rows), MOST_GROWTH, at_least=False)]


def small_case(folder: Path, organizations: int, part: int, size: int) -> Small:
    """Small loads on top of the orders of one in `part` organisations."""
    path = write(folder, organizations // part, ["orders"])["orders"]
    with tempfile.TemporaryDirectory() as made:
        warehouse = Warehouse(Path(made) / "warehouse", SteppedClock(AS_OF))
        began = time.perf_counter()
        rows = warehouse.load("orders", path).loaded
        whole = time.perf_counter() - began
        return Small(rows, whole, small_loads(warehouse, folder, size))


def main() -> int:
    if len(sys.argv) == 3:
        print(json.dumps(whole_load(sys.argv[1], Path(sys.argv[2]))))
        return 0
    organizations = scale(1_000_000)
    print(machine(), f"DuckDB {duckdb.__version__}")
    held, peaks, rows = [], [], []
    with tempfile.TemporaryDirectory() as made:
        for form, names in {"parquet": tuple(TABLES), "csv": ("orders", "events"), "jsonl": ("orders",)}.items():
            for name in names:
                path = write(Path(made), organizations, [name], form)[name]
                found = in_a_fresh_process(name, path)
                path.unlink()
                peaks.append(found["peak_gib"])
                rows.append((f"{name}, {form}", f"{found['rate']:,.0f}", f"{found['peak_gib']:.2f}"))
                if form in LEAST:
                    said = f"rows of {name} loaded a second from {form}"
                    held.append(claim(said, found["rate"], LEAST[form], at_least=True))
        table(("Whole loads", "rows/s", "GiB"), rows)
        held.append(claim("memory of the largest load, GiB", max(peaks), MOST_GIB, at_least=False))
        held += increments(Path(made), organizations)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
