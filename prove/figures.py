"""The figures are right: against an oracle in plain Python on random companies, and against published answers.

`N` companies (60 unless told) are made, loaded through files and asked for every figure; the oracle and the companies
are those of `tests/warehouse`. Where `OPSBOOK_CDNOW` names the public CDNOW orders, their known answers are compared
too.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from opsbook.sdk.clock import SteppedClock
from opsbook.warehouse import Warehouse, orders
from prove import _alive
from warehouse.companies import AS_OF, LAX, company, put_all
from warehouse.comparing import pairs

FIRST_SEED = 100_000  # none that the test suite draws
JANUARY = [7846, 1157, 964, 810, 679, 736, 720, 582, 559, 594, 673, 634, 528, 511, 664, 472, 497, 498]


def main() -> int:
    compared, wrong, told = compare(int(os.environ.get("N") or 60))
    held = [
        claim(f"figures that differ from the oracle's, of {compared:,} compared", sum(wrong.values()), 0),
        claim("kinds of figures compared with something in them", told, 20, at_least=True),
    ]
    path = os.environ.get("OPSBOOK_CDNOW")
    if path:
        held.append(claim("CDNOW: published answers that differ, of 28", cdnow(path), 0))
        held += [claim(one.name, one.figure, one.bar, at_least=one.at_least) for one in _alive.claims(Path(path))]
    else:
        print("CDNOW was left out: OPSBOOK_CDNOW does not name its orders.", file=sys.stderr)
    for name, count in wrong.items():
        print(f"differs: {name}, {count} times", file=sys.stderr)
    return 0 if all(held) else 1


def compare(companies: int) -> tuple[int, Counter[str], int]:
    """How many figures were compared, which differ how often, and how many kinds were ever more than nothing."""
    compared, wrong, told = 0, Counter[str](), set()
    for seed in range(FIRST_SEED, FIRST_SEED + companies):
        rows = company(seed)
        with tempfile.TemporaryDirectory() as made:
            warehouse = Warehouse(Path(made) / "warehouse", SteppedClock(AS_OF), contracts=LAX)
            put_all(warehouse, Path(made), rows)
            for name, expected, found in pairs(warehouse, rows):
                compared += 1
                wrong[name] += expected != found
                if any(expected.values()) if isinstance(expected, dict) else expected:
                    told.add(name)
    return compared, +wrong, len(told)


def cdnow(path: str) -> int:
    """How many of the published answers differ."""
    end = datetime(1998, 7, 1, tzinfo=UTC)
    mapping = {
        "id": "order_id",
        "organization_id": "@cdnow",
        "consumer_id": "customer_id",
        "ordered_at": "ordered_on",
        "total_cents": "amount_usd:usd",
    }
    with tempfile.TemporaryDirectory() as made:
        warehouse = Warehouse(Path(made) / "warehouse")
        report = warehouse.load("orders", path, mapping)
        silence = orders.consumers_by_silence(warehouse, end, [7, 30, 60, 90, 180])
        cohorts = orders.consumer_cohorts(warehouse, end)
        often = orders.consumers_by_orders(warehouse, end)
        history = warehouse.row("order_history", organizations=["cdnow"], as_of=end, most=1)
    assert isinstance(silence, list)
    assert isinstance(cohorts, dict)
    assert isinstance(often, dict)
    found = [report.loaded, history["total_cents"], *(one.silent for one in silence), often[1]]
    found += [cohorts["1997-02"][0], cohorts["1997-03"][0], *cohorts["1997-01"]]
    known = [69_659, 250_031_563, 23_236, 22_064, 21_075, 20_269, 18_210, 11_908, 8476, 7248, *JANUARY]
    return sum(one != other for one, other in zip(found, known, strict=True))


def claim(name: str, figure: float, bar: float, *, at_least: bool = False) -> bool:
    holds = figure >= bar if at_least else figure <= bar
    print(json.dumps({"claim": name, "figure": figure, "bar": bar, "holds": holds}), flush=True)
    return holds


if __name__ == "__main__":
    sys.exit(main())
