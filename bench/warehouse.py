"""How long a million organisations' silence takes to find, beside the same question in plain DuckDB.

`N` organisations (a million), five orders to each, one user and one campaign to each, a third of the organisations
silent. Loading goes through `Warehouse.load`, like everybody's. The question is asked `ROUNDS` times of each side in
turn on the same Parquet files; the figures are medians. The rival is the shortest query that finds the same
organisations in the same order. Ours is the metric's query, with its counts and its unknowns; the last row adds what
the tool tells of each of the first 500: reason, contacts, what was ordered.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from bench._telling import claim, machine, scale, spread, table
from opsbook.sdk.values import Unknown
from opsbook.warehouse import Warehouse
from opsbook.warehouse.silence import Silent, silent_organizations

AS_OF = datetime(2026, 11, 24, 14, tzinfo=UTC)
DAYS, LIMIT, ROUNDS = 7, 500, 5
MOST_TIMES = 1.3

TABLES = {
    "organizations": """
        SELECT 'org-' || i AS id, 'Organisation ' || i AS name, 'brand' AS type, 'active' AS status,
            $as_of - to_days(400) AS created_at, 'user-' || i AS owner_id, false AS email_opt_out
        FROM range($n) AS t(i)""",
    "users": """
        SELECT 'user-' || i AS id, 'user' || i || '@inbox.example' AS email, 'brand_admin' AS role,
            'org-' || i AS organization_id, $as_of - to_days(400) AS created_at,
            $as_of - to_days(CASE WHEN i % 3 = 0 THEN 8 + i % 90 ELSE 1 END) AS last_login_at,
            CAST(NULL AS TIMESTAMP) AS email_unsubscribed_at
        FROM range($n) AS t(i)""",
    "orders": """
        SELECT 'order-' || i AS id, 'org-' || (i % $n) AS organization_id, 'consumer-' || (i % 70001) AS consumer_id,
            $as_of - to_days(CAST(8 + hash(i) % 300 AS INTEGER)) AS ordered_at, 100 + hash(i) % 20000 AS total_cents,
            'live' AS mode, 'completed' AS status, 'Product ' || (i % 40) AS product
        FROM range(5 * $n) AS t(i)""",
    "campaigns": """
        SELECT 'campaign-' || i AS id, 'org-' || i AS organization_id, 'sent' AS status,
            $as_of - to_days(CAST(8 + hash(i) % 60 AS INTEGER)) AS sent_at
        FROM range($n) AS t(i)""",
    "subscriptions": """
        SELECT 'sub-' || i AS id, 'org-' || i AS organization_id, 'active' AS status, 9900 AS amount_cents,
            1 AS interval_months, $as_of - to_days(300) AS started_at
        FROM range($n) AS t(i)""",
}

RIVAL = """
    SELECT o.id
    FROM organizations AS o
    LEFT JOIN (SELECT organization_id, max(last_login_at) AS last FROM users GROUP BY 1) AS l
        ON l.organization_id = o.id
    LEFT JOIN (
        SELECT organization_id, max(ordered_at) AS last, sum(total_cents) AS total FROM orders
        WHERE coalesce(mode, 'live') <> 'demo' AND coalesce(status, '') <> 'cancelled' AND ordered_at < $as_of
        GROUP BY 1
    ) AS b ON b.organization_id = o.id
    LEFT JOIN (SELECT organization_id, max(sent_at) AS last FROM campaigns WHERE sent_at < $as_of GROUP BY 1) AS c
        ON c.organization_id = o.id
    LEFT JOIN (
        SELECT organization_id, sum(amount_cents // interval_months) AS mrr FROM subscriptions
        WHERE status IN ('active', 'past_due') GROUP BY 1
    ) AS m ON m.organization_id = o.id
    WHERE o.created_at <= $start AND NOT coalesce(o.is_test, false) AND o.canceled_at IS NULL
        AND NOT coalesce(l.last >= $start, false) AND NOT coalesce(b.last >= $start, false)
        AND NOT coalesce(c.last >= $start, false)
    ORDER BY m.mrr DESC NULLS LAST, b.total DESC NULLS LAST, o.id
"""


def write(folder: Path, organizations: int) -> dict[str, Path]:
    """The files to load, written by DuckDB: their making is not measured."""
    connection = duckdb.connect()
    naive = AS_OF.replace(tzinfo=None)
    found = {}
    for name, query in TABLES.items():
        found[name] = folder / f"{name}.parquet"
        made = query.replace("$as_of", f"TIMESTAMP '{naive}'").replace("$n", str(organizations))
        connection.execute(f"COPY ({made}) TO '{found[name]}' (FORMAT parquet)")
    return found


def plain(warehouse: Warehouse) -> Callable[[], list[str]]:
    """The rival, on the very files that ours reads."""
    connection = duckdb.connect()
    for name in TABLES:
        held = warehouse.held(name)
        assert held is not None
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{warehouse.folder / held.parts[0].file}')")
    as_of = AS_OF.replace(tzinfo=None)
    bound = {"as_of": as_of, "start": as_of - timedelta(days=DAYS)}
    return lambda: [row[0] for row in connection.execute(RIVAL, bound).fetchall()]


def seconds(question: Callable[[], object]) -> float:
    began = time.perf_counter()
    question()
    return time.perf_counter() - began


def main() -> int:
    organizations = scale(1_000_000)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        warehouse = Warehouse(folder / "warehouse")
        loads = {
            name: seconds(lambda name=name, path=path: warehouse.load(name, path))  # type: ignore[misc]
            for name, path in write(folder, organizations).items()
        }
        rival = plain(warehouse)

        bound = {"as_of": AS_OF, "start": AS_OF - timedelta(days=DAYS), "match_all": True, "limit": LIMIT}
        bound |= {"logins": True, "orders": True, "campaigns": True}

        def ours() -> list[dict[str, Any]]:
            return warehouse.rows("inactive_organizations", **bound)

        def whole() -> Silent | Unknown:
            return silent_organizations(warehouse, AS_OF, DAYS, match_all=True, limit=LIMIT)

        first, answer, _ = ours(), rival(), whole()
        same = first[0]["inactive_count"] == len(answer) and [row["id"] for row in first] == answer[:LIMIT]
        times = [(seconds(rival) * 1000, seconds(ours) * 1000, seconds(whole) * 1000) for _ in range(ROUNDS)]
    theirs, mine, full = ([one[side] for one in times] for side in range(3))
    print(machine(), f"DuckDB {duckdb.__version__}")
    table(
        ("What", "median (range)"),
        [
            *((f"load {name}, s", f"{took:.1f}") for name, took in loads.items()),
            (f"{organizations:,} organisations, plain DuckDB, ms", spread(theirs)),
            (f"{organizations:,} organisations, ours, ms", spread(mine)),
            ("the same with contacts and orders of the first 500, ms", spread(full)),
        ],
    )
    held = [
        claim("inactive organisations that differ from plain DuckDB's", float(not same), 0.0, at_least=False),
        claim("inactivity query, times plain DuckDB", median(mine) / median(theirs), MOST_TIMES, at_least=False),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
