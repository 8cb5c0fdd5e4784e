"""A made platform of any size, for benchmarks: the same rows for the same number of organisations, written by DuckDB.

To each organisation one user, one contract, one campaign, five orders, ten events; a ticket to every fifth and two
leads to every third. A third of the organisations are silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

AS_OF = datetime(2026, 11, 24, 14, tzinfo=UTC)
SUFFIXES = {"parquet": "FORMAT parquet", "csv": "FORMAT csv, HEADER", "jsonl": "FORMAT json"}

TABLES = {
    "organizations": """
        SELECT 'org-' || i AS id, 'Organisation ' || i AS name, 'brand' AS type, 'active' AS status,
            $as_of - to_days(CAST(1 + hash(i) % 400 AS INTEGER)) AS created_at, 'user-' || i AS owner_id,
            if(i % 7 = 0, 'academy', NULL) AS signup_source, false AS email_opt_out
        FROM range($n) AS t(i)""",
    "users": """
        SELECT 'user-' || i AS id, 'user' || i || '@inbox.example' AS email, 'brand_admin' AS role,
            'org-' || i AS organization_id, $as_of - to_days(CAST(1 + hash(i) % 400 AS INTEGER)) AS created_at,
            if(i % 2 = 0, created_at + INTERVAL 1 HOUR, NULL) AS approved_at,
            $as_of - to_days(CASE WHEN i % 3 = 0 THEN 8 + i % 90 ELSE 1 END) AS last_login_at,
            CAST(NULL AS TIMESTAMP) AS email_unsubscribed_at
        FROM range($n) AS t(i)""",
    "orders": """
        SELECT 'order-' || i AS id, 'org-' || (i % $n) AS organization_id, 'consumer-' || (i % 70001) AS consumer_id,
            $as_of - to_days(CAST(8 + hash(i) % 300 AS INTEGER)) AS ordered_at, 100 + hash(i) % 20000 AS total_cents,
            'live' AS mode, 'completed' AS status, 'Product ' || (i % 40) AS product
        FROM range($first, $first + 5 * $n) AS t(i)""",
    "campaigns": """
        SELECT 'campaign-' || i AS id, 'org-' || i AS organization_id, 'sent' AS status,
            $as_of - to_days(CAST(8 + hash(i) % 60 AS INTEGER)) AS sent_at
        FROM range($n) AS t(i)""",
    "subscriptions": """
        SELECT 'sub-' || i AS id, 'org-' || i AS organization_id, if(i % 20 = 0, 'canceled', 'active') AS status,
            100 * (49 + hash(i) % 450) AS amount_cents, 1 AS interval_months,
            $as_of - to_days(CAST(1 + hash(i) % 400 AS INTEGER)) AS started_at,
            if(i % 20 = 0, $as_of - to_days(CAST(hash(i) % 60 AS INTEGER)), NULL) AS ended_at,
            if(i % 2 = 0, 'provider-' || i, NULL) AS provider_subscription_id
        FROM range($n) AS t(i)""",
    "tickets": """
        SELECT 'ticket-' || i AS id, 'org-' || (5 * i) AS organization_id, if(i % 3 = 0, 'new', 'resolved') AS status,
            $as_of - to_days(CAST(hash(i) % 100 AS INTEGER)) AS created_at, CAST(NULL AS TIMESTAMP) AS resolved_at
        FROM range($n // 5) AS t(i)""",
    "leads": """
        SELECT 'lead-' || i AS id, 'user' || (i * 3 // 2) || '@inbox.example' AS email,
            ['vibe_studio', 'academy', 'training', 'age_gate'][1 + i % 4] AS source,
            $as_of - to_days(CAST(hash(i) % 430 AS INTEGER)) AS captured_at
        FROM range(2 * $n // 3) AS t(i)""",
    "events": """
        SELECT 'event-' || i AS id, if(i % 10 = 0, 'user.signup.platform', 'page.viewed') AS type,
            $as_of - to_days(CAST(1 + hash(i % $n) % 400 AS INTEGER)) AS "at", 'user-' || (i % $n) AS user_id,
            'org-' || (i % $n) AS organization_id, if(i % 10 = 0, 'academy', NULL) AS source
        FROM range(10 * $n) AS t(i)""",
}


def write(
    folder: Path, organizations: int, tables: Iterable[str] = TABLES, form: str = "parquet", first: int = 0
) -> dict[str, Path]:
    """The files to load, by table: their making is not measured. `first` numbers the first order."""
    connection = duckdb.connect()
    found = {}
    for name in tables:
        found[name] = folder / f"{name}.{form}"
        made = TABLES[name].replace("$as_of", f"TIMESTAMP '{AS_OF.replace(tzinfo=None)}'")
        made = made.replace("$n", str(organizations)).replace("$first", str(first))
        connection.execute(f"COPY ({made}) TO '{found[name]}' ({SUFFIXES[form]})")
    return found
