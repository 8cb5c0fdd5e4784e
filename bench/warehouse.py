"""How long silent organisations and those at risk take to find, beside the same questions in plain DuckDB.

A hundredth, a tenth and all of `N` organisations (a million), five orders to each, a third of the organisations
silent. Each question is asked `ROUNDS` times of each side in turn; the figures are medians. The rival is the shortest
query that finds the same organisations in the same order, on one file a table. At last `CHANGES` loads change a share
of the orders, so that ours reads a file, what came after it and what no longer counts, while the rival keeps one file
of the same rows. Ours is the metric's query, with its counts and its unknowns; the last row of each size adds what the
tool tells of each of the first 500: reason, contacts, what was ordered. Times are promised for the largest size: of a
small one most is spent on planning the query, some 20 ms.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from bench._platform import AS_OF, write
from bench._telling import Row, claim, machine, scale, spread, table
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.values import Unknown
from opsbook.warehouse import Warehouse
from opsbook.warehouse.engine import open_reader
from opsbook.warehouse.manifest import read_manifest
from opsbook.warehouse.silence import Silent, silent_organizations

DAYS, LOGIN_DAYS, CAMPAIGN_DAYS, LIMIT, ROUNDS = 7, 14, 30, 500, 5
NEEDED = ("organizations", "users", "orders", "campaigns", "subscriptions", "tickets")
CHANGES, CHANGED = 4, 0.012  # loads, and the share of the orders that each changes: little less than is written anew
MOST_TIMES = 1.3
DAY = timedelta(days=1)

LASTS = """
    WITH l AS (SELECT organization_id, max(last_login_at) AS last FROM users GROUP BY 1),
    c AS (SELECT organization_id, max(sent_at) AS last FROM campaigns WHERE sent_at < $as_of GROUP BY 1),
    m AS (
        SELECT organization_id, sum(amount_cents // interval_months) AS mrr FROM subscriptions
        WHERE status IN ('active', 'past_due') GROUP BY 1
    )
"""
INACTIVE = f"""{LASTS}
    SELECT o.id
    FROM organizations AS o
    LEFT JOIN l ON l.organization_id = o.id
    LEFT JOIN (
        SELECT organization_id, max(ordered_at) AS last, sum(total_cents) AS total FROM orders
        WHERE coalesce(mode, 'live') <> 'demo' AND coalesce(status, '') <> 'cancelled' AND ordered_at < $as_of
        GROUP BY 1
    ) AS b ON b.organization_id = o.id
    LEFT JOIN c ON c.organization_id = o.id
    LEFT JOIN m ON m.organization_id = o.id
    WHERE o.created_at <= $start AND NOT coalesce(o.is_test, false) AND o.canceled_at IS NULL
        AND NOT coalesce(l.last >= $start, false) AND NOT coalesce(b.last >= $start, false)
        AND NOT coalesce(c.last >= $start, false)
    ORDER BY m.mrr DESC NULLS LAST, b.total DESC NULLS LAST, o.id
"""
AT_RISK = f"""{LASTS}, t AS (
        SELECT organization_id, count(*) AS open FROM tickets
        WHERE created_at < $as_of AND status NOT IN ('resolved', 'closed') GROUP BY 1
    )
    SELECT id FROM (
        SELECT o.id, coalesce(m.mrr, 0) AS mrr, coalesce(t.open, 0) > 0 AS ticket,
            o.created_at <= $login_start AND NOT coalesce(l.last >= $login_start, false) AS login,
            o.created_at <= $campaign_start AND NOT coalesce(c.last >= $campaign_start, false) AS campaign
        FROM organizations AS o
        LEFT JOIN l ON l.organization_id = o.id
        LEFT JOIN c ON c.organization_id = o.id
        LEFT JOIN t ON t.organization_id = o.id
        LEFT JOIN m ON m.organization_id = o.id
        WHERE o.created_at < $as_of AND NOT coalesce(o.is_test, false) AND o.canceled_at IS NULL
    )
    WHERE login OR campaign OR ticket
    ORDER BY login::INTEGER + campaign::INTEGER + ticket::INTEGER DESC, mrr DESC, id
"""
STARTS = {"start": DAYS, "login_start": LOGIN_DAYS, "campaign_start": CAMPAIGN_DAYS}


@dataclass(frozen=True)
class Metric:
    """A question: the rival's query, the metric's parameters, and the column that counts what was found."""

    name: str
    rival: str
    parameters: Mapping[str, Any]
    counted: str


METRICS = (
    Metric(
        "inactive_organizations",
        INACTIVE,
        {"start": AS_OF - DAYS * DAY, "match_all": True, "logins": True, "orders": True, "campaigns": True},
        "inactive_count",
    ),
    Metric(
        "at_risk_organizations",
        AT_RISK,
        {
            "login_start": AS_OF - LOGIN_DAYS * DAY,
            "campaign_start": AS_OF - CAMPAIGN_DAYS * DAY,
            "match_all": False,
            "logins": True,
            "campaigns": True,
            "tickets": True,
        },
        "at_risk_count",
    ),
)


@dataclass(frozen=True)
class Measured:
    """Milliseconds of each round, and whether both sides found the same."""

    theirs: list[float]
    ours: list[float]
    same: bool

    @property
    def times(self) -> float:
        return median(self.ours) / median(self.theirs)


def plain(warehouse: Warehouse, folder: Path) -> duckdb.DuckDBPyConnection:
    """The rival, on one file a table that holds what ours holds."""
    reader = open_reader(warehouse.folder, read_manifest(warehouse.folder))
    connection = duckdb.connect()
    for name in NEEDED:
        file = folder / f"plain-{name}.parquet"
        reader.execute(f"COPY (FROM {name}) TO '{file}' (FORMAT parquet)")
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{file}')")
    return connection


def compare(warehouse: Warehouse, rival: duckdb.DuckDBPyConnection, metric: Metric) -> Measured:
    """Both sides in turn, after one round that is not counted."""
    naive = AS_OF.replace(tzinfo=None)
    bound = {name: naive - days * DAY for name, days in STARTS.items() if f"${name}" in metric.rival}

    def theirs() -> list[str]:
        return [row[0] for row in rival.execute(metric.rival, {"as_of": naive, **bound}).fetchall()]

    def ours() -> list[dict[str, Any]]:
        return warehouse.rows(metric.name, as_of=AS_OF, limit=LIMIT, **metric.parameters)

    found, answer = ours(), theirs()
    same = found[0][metric.counted] == len(answer) and [row["id"] for row in found] == answer[:LIMIT]
    rounds = [(milliseconds(theirs), milliseconds(ours)) for _ in range(ROUNDS)]
    return Measured([one for one, _ in rounds], [one for _, one in rounds], same)


def milliseconds(question: Callable[[], object]) -> float:
    began = time.perf_counter()
    question()
    return (time.perf_counter() - began) * 1000


def change(warehouse: Warehouse, folder: Path, organizations: int) -> None:
    """Load orders that are stored already once more, at another price."""
    size = int(5 * organizations * CHANGED)
    for number in range(CHANGES):
        path = folder / f"changed-{number}.parquet"
        made = f"SELECT * REPLACE (total_cents + 1 AS total_cents) FROM read_parquet('{folder / 'orders.parquet'}')"
        made = f"{made} ORDER BY hash(id) LIMIT {size} OFFSET {number * size}"
        duckdb.execute(f"COPY ({made}) TO '{path}' (FORMAT parquet)")
        warehouse.load("orders", path)


def whole(warehouse: Warehouse) -> Silent | Unknown:
    return silent_organizations(warehouse, AS_OF, DAYS, match_all=True, limit=LIMIT)


def curve(organizations: int, *, largest: bool) -> tuple[list[Row], list[bool]]:
    """The rows of the table for one size, and its claims: the same answers everywhere, times at the largest size."""
    rows: list[Row] = []
    held = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        warehouse = Warehouse(folder / "warehouse", SteppedClock(AS_OF))
        for name, path in write(folder, organizations, NEEDED).items():
            warehouse.load(name, path)
        for state in ("", ", after changes"):
            if state:
                change(warehouse, folder, organizations)
            rival = plain(warehouse, folder)
            for metric in METRICS:
                found = compare(warehouse, rival, metric)
                said = f"{metric.name} of {organizations:,}{state}"
                rows.append((said, spread(found.theirs), spread(found.ours), f"{found.times:.2f}"))
                held.append(claim(f"{said}: answers that differ", float(not found.same), 0.0, at_least=False))
                if largest:
                    held.append(claim(f"{said}: times plain DuckDB", found.times, MOST_TIMES, at_least=False))
        told = [milliseconds(lambda: whole(warehouse)) for _ in range(ROUNDS)]
        rows.append((f"the inactive of {organizations:,} with contacts and orders", "", spread(told), ""))
    return rows, held


def main() -> int:
    organizations = scale(1_000_000)
    rows, held = [], []
    for part in (100, 10, 1):
        more, claims = curve(organizations // part, largest=part == 1)
        rows += more
        held += claims
    print(machine(), f"DuckDB {duckdb.__version__}")
    table(("Median (range) of ms", "plain DuckDB", "ours", "times"), rows)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
