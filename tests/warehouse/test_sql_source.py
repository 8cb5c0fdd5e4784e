"""Declared queries of a real Postgres and of SQLite, read into the canonical tables."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from opsbook.sdk.errors import InvalidInput, RetryLater
from opsbook.warehouse import Warehouse
from opsbook.warehouse.manifest import loading_alone
from opsbook.warehouse.sources._place import alone
from peers.postgres import Served, postgres, postgres_peer  # noqa: F401 fixtures
from warehouse.databases import ACCOUNTS, MADE, ORDERS, Execute, Shop, sqlite_execute, tables

BOTH = pytest.mark.parametrize("kind", [pytest.param("postgres", marks=pytest.mark.peer("postgres")), "sqlite"])


@pytest.fixture
def execute(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Execute:
    if kind == "postgres":
        served: Served = request.getfixturevalue("postgres")
        return served.execute
    return sqlite_execute(tmp_path / "shop.db")


@pytest.fixture
def shop(kind: str, request: pytest.FixtureRequest, tmp_path: Path, execute: Execute, warehouse: Warehouse) -> Shop:
    execute(*tables("timestamptz" if kind == "postgres" else "text"))
    url = request.getfixturevalue("postgres").url if kind == "postgres" else f"sqlite:///{tmp_path / 'shop.db'}"
    return Shop(url, warehouse, {"orders": dict(ORDERS), "accounts": dict(ACCOUNTS)})


def order(number: int, changed: str = MADE, cents: int = 500) -> str:
    return f"INSERT INTO orders VALUES ({number}, 1, '{MADE}', {cents}, '{changed}')"


NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
WHEN = {
    "postgres": "TIMESTAMPTZ '2026-01-01 00:00:00+00' + i * INTERVAL '1 minute'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S', '2026-01-01', '+' || i || ' minutes')",
}


@BOTH
def test_a_company_is_read_and_the_second_sync_reads_only_what_changed(kind, shop, execute):
    execute(
        f"INSERT INTO accounts {NUMBERS.format(10_000)} SELECT i, 'Account ' || i, {WHEN[kind]}, {WHEN[kind]} FROM n",
        f"INSERT INTO orders {NUMBERS.format(50_000)} SELECT i, 1 + i % 10000, {WHEN[kind]}, i, {WHEN[kind]} FROM n",
    )
    first = {one.name: one for one in shop.sync()}
    assert [(one.read, one.total, one.whole) for one in first.values()] == [
        (50_000, 50_000, True),
        (10_000, 10_000, True),
    ]
    execute("UPDATE orders SET cents = 7, updated_at = '2026-11-01 10:00:00' WHERE id IN (3, 41000)")
    (second, accounts) = shop.sync()
    assert (second.read - second.unchanged, second.loading.loaded, second.total) == (2, 2, 50_000)
    assert second.read <= 10
    assert (accounts.loading, accounts.total) == (None, 10_000)
    assert [row["total_cents"] for row in shop.rows() if row["id"] in ("3", "41000")] == [7, 7]


@BOTH
def test_what_is_committed_late_is_found_inside_the_overlap_and_by_a_whole_reading_beyond_it(shop, execute):
    execute(order(2, "2026-11-01 10:00:05"))
    shop.one()
    execute(order(1, "2026-11-01 10:00:00"), order(3, "2026-11-01 09:00:00"))
    found = shop.one()
    assert (found.read, found.unchanged, found.total) == (2, 1, 2)
    assert shop.one(whole=True).total == 3
    execute(order(4, "2026-11-01 08:30:00"))
    shop.queries["orders"]["overlap"] = "2h"
    assert shop.one().total == 4


@pytest.mark.peer("postgres")
@pytest.mark.parametrize("kind", ["postgres"])
def test_a_transaction_that_was_open_during_a_sync_is_found_by_the_next_one(shop, postgres):  # noqa: F811
    with postgres.connect() as slow:
        slow.execute(order(1, "2026-11-01 10:00:00").encode())
        postgres.execute(order(2, "2026-11-01 10:01:00"))
        assert shop.one().total == 1
    assert {row["id"] for row in shop.rows()} == {"2"}
    assert shop.one().total == 2


@BOTH
def test_a_row_that_is_dated_into_the_future_does_not_hide_those_that_follow(shop, execute):
    execute(order(1, "2199-01-01 00:00:00"))
    shop.one()
    execute(order(2, "2026-11-24 15:00:00"))
    shop.warehouse.clock.forward(timedelta(days=1))
    assert shop.one().total == 2


@BOTH
def test_rows_without_a_value_in_the_cursor_are_read_once_and_told_each_time(shop, execute):
    execute(order(1), f"INSERT INTO orders VALUES (2, 1, '{MADE}', 5, NULL)")
    first = shop.one()
    assert (first.total, first.untimed) == (2, 1)
    second = shop.one()
    assert (second.read, second.unchanged, second.untimed) == (1, 1, 1)


@BOTH
def test_rows_without_a_key_are_counted_and_never_silent(shop, execute):
    execute(order(1), order(2))
    shop.queries["orders"]["query"] = ORDERS["query"].replace("SELECT id,", "SELECT NULLIF(id, 2) AS id,")
    found = shop.one()
    assert (found.total, found.left_out) == (1, {"its id is empty": 1})


@BOTH
def test_a_key_that_rows_share_is_refused_and_nothing_is_loaded(shop, execute):
    execute(order(1), order(2))
    shop.queries["orders"]["key"] = "organization_id"
    with pytest.raises(InvalidInput, match="share their organization_id"):
        shop.one()
    assert shop.warehouse.held("orders") is None


@BOTH
def test_a_cursor_that_counts_begins_its_overlap_in_numbers(shop, execute):
    execute(*(order(number) for number in range(1, 8)))
    shop.queries["orders"] |= {"cursor": "id", "overlap": 2}
    assert shop.one().read == 7
    execute(order(8))
    found = shop.one()
    assert (found.read, found.unchanged, found.total) == (4, 3, 8)
    shop.queries["orders"]["overlap"] = "5m"
    with pytest.raises(InvalidInput, match="counts"):
        shop.one()


@BOTH
def test_a_text_as_a_cursor_is_read_from_its_last_value_on(shop, execute):
    execute(order(1), order(2))
    shop.queries["orders"] |= {
        "query": f"SELECT q.*, 'v' || id AS version FROM ({ORDERS['query']}) q",
        "cursor": "version",
    }
    shop.one()
    execute(order(3))
    found = shop.one()
    assert (found.read, found.unchanged, found.total) == (2, 1, 3)


@BOTH
def test_without_a_cursor_everything_is_read_and_loaded_only_when_it_is_different(shop, execute):
    execute(order(1), order(2), order(3))
    shop.queries["orders"] = {"table": "orders", "query": ORDERS["query"], "replace": True}
    assert (shop.one().total, shop.one().loading) == (3, None)
    execute("DELETE FROM orders WHERE id = 2", "UPDATE orders SET cents = 9 WHERE id = 3")
    found = shop.one()
    assert (found.read, found.whole, found.total) == (2, True, 2)
    assert [(row["id"], row["total_cents"]) for row in shop.rows()] == [("1", 500), ("3", 9)]
    execute("DELETE FROM orders")
    assert shop.one().total == 0


@BOTH
def test_deleted_rows_stay_unless_the_query_replaces_its_table(shop, execute):
    execute(order(1), order(2))
    shop.one()
    execute("DELETE FROM orders WHERE id = 2")
    assert (shop.one().total, shop.one(whole=True).total) == (2, 2)
    shop.queries["orders"]["replace"] = True
    shop.one()
    assert shop.one(whole=True).total == 1


@BOTH
def test_an_empty_query_is_an_empty_table_and_its_reach_moves_on(shop, clock):
    assert (shop.one().total, shop.warehouse.lacks("orders", since=clock.now() - timedelta(days=1))) == (0, None)
    clock.forward(timedelta(days=3))
    shop.one()
    assert shop.warehouse.lacks("orders", since=clock.now() - timedelta(hours=1)) is None
    assert shop.warehouse.sources()["sql/shop"] == clock.now()


@BOTH
def test_a_table_that_has_gone_is_read_from_the_beginning(shop, execute):
    execute(order(1))
    shop.one()
    (shop.warehouse.folder / "manifest.json").unlink()
    found = shop.one()
    assert (found.whole, found.total) == (True, 1)


@BOTH
def test_a_sync_whose_rows_could_not_be_loaded_loads_them_without_reading_them_again(shop, execute):
    execute(order(1))
    with loading_alone(shop.warehouse.folder), pytest.raises(RetryLater, match="Another load"):
        shop.one()
    found = shop.one()
    assert (found.resumed, found.read, found.total) == (True, 1, 1)


@BOTH
def test_only_one_sync_of_a_source_runs_at_a_time(shop):
    with alone(shop.warehouse.folder / "sync" / "sql" / "shop"), pytest.raises(RetryLater, match="Another sync"):
        shop.sync()


@BOTH
def test_rows_that_do_not_fit_are_refused_with_their_reason_and_a_query_of_nothing_else_is_read_again(shop, execute):
    execute(order(1), order(2))
    shop.queries["orders"]["query"] = ORDERS["query"].replace("cents AS", "CASE id WHEN 1 THEN 'ten' ELSE '5' END AS")
    found = shop.one()
    assert (found.loading.reasons, found.total) == ({"total_cents is not a whole number of cents": 1}, 1)
    assert "ten" in found.loading.quarantine.read_text()
    shop.queries["orders"]["query"] = ORDERS["query"].replace("cents AS", "'ten' AS")
    assert [(one.useless, one.read) for one in (shop.one(), shop.one())] == [(True, 2), (True, 2)]
    until = shop.warehouse.sources()
    shop.warehouse.clock.forward(timedelta(days=1))
    assert (shop.one().useless, shop.warehouse.sources()) == (True, until)


@BOTH
def test_texts_of_any_length_are_cut_and_counted(shop, execute):
    execute(f"INSERT INTO accounts VALUES (1, '{'ä' * 200_000}', '{MADE}', '{MADE}')")
    found = shop.one("accounts")
    assert (found.shortened, found.total) == ({"name": 1}, 1)
    assert shop.rows("organizations")[0]["name"] == "ä" * 4000


@BOTH
def test_colons_percents_comments_and_a_semicolon_in_a_query_mean_what_they_say(shop, execute):
    execute(order(1))
    query = ORDERS["query"].replace("SELECT id,", "SELECT ':id %s 100%' AS product, id,")
    shop.queries["orders"]["query"] = f"{query} WHERE '12:30' LIKE '%:30' ;  "
    assert shop.one().total == 1
    assert shop.rows()[0]["product"] == ":id %s 100%"
    shop.queries["orders"]["query"] = f"{ORDERS['query']} -- all of them"
    assert shop.one().total == 1


@BOTH
def test_columns_that_come_are_told_and_one_that_is_missed_stops_the_sync_and_leaves_what_was(shop, execute):
    shop.queries["orders"] = {
        "table": "orders",
        "query": "SELECT * FROM orders",
        "cursor": "updated_at",
        "mapping": {"organization_id": "account", "ordered_at": "placed_at", "total_cents": "cents", "status": "state"},
    }
    execute(
        "ALTER TABLE orders ADD COLUMN state text",
        order(1).replace(" VALUES", " (id, account, placed_at, cents, updated_at) VALUES"),
    )
    assert shop.one().drift == ()
    execute("ALTER TABLE orders ADD COLUMN note text")
    (told,) = shop.one().drift
    assert told.startswith("the column note is new")
    execute("ALTER TABLE orders DROP COLUMN note")
    assert shop.one().drift == ("the column note has gone",)
    page = shop.warehouse.folder / "sync" / "sql" / "shop" / "orders.json"
    before = (shop.rows(), page.read_text())
    execute("ALTER TABLE orders DROP COLUMN state")
    with pytest.raises(InvalidInput, match=r"has lost the column state.*Nothing was changed"):
        shop.one()
    assert (shop.rows(), page.read_text()) == before
    shop.queries["orders"]["mapping"]["status"] = "@"
    assert shop.one().total == 1


@BOTH
@pytest.mark.parametrize(
    ("query", "more", "said"),
    [
        ("SELECT * FROM ordrs", {}, "has no table ordrs. Did you mean orders?"),
        ("SELECT id, acount FROM orders", {}, "has no column acount"),
        ("SELEC id FROM orders", {}, "is not understood"),
        (ORDERS["query"], {"cursor": "updatd_at"}, "which is to be its cursor. Did you mean updated_at?"),
        (ORDERS["query"], {"key": "ident"}, "which is to be its key"),
        (ORDERS["query"], {"mapping": {"status": "stat"}}, "has no column 'stat'"),
        (ORDERS["query"], {"mapping": {"stat": "id"}}, "orders has no column stat"),
        ("SELECT id, updated_at FROM orders", {}, "has no column organization_id, which orders needs"),
    ],
)
def test_a_declaration_that_does_not_fit_is_refused_with_its_cure_and_reads_nothing(shop, query, more, said):
    shop.queries["orders"] |= {"query": query, **more}
    with pytest.raises(InvalidInput) as refused:
        shop.one()
    assert said in str(refused.value)
    assert "sources.shop.orders" in f"{refused.value} {refused.value.field}" or "mapping" in more
    assert shop.warehouse.held("orders") is None
