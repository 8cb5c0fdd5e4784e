"""What is Postgres's own about a source: its types, its time zones, its rights and limits; and being killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cli.commanding import Shell, command
from opsbook.sdk.errors import InvalidInput, PersonNeeded, RetryLater
from opsbook.warehouse import Warehouse
from opsbook.warehouse.sources.sql.declared import declared
from peers import until
from peers.postgres import PASSWORD, Served, postgres, postgres_peer  # noqa: F401 fixtures
from warehouse.databases import MADE, ORDERS, Shop, tables

pytestmark = pytest.mark.peer("postgres")
ORDER = f"INSERT INTO orders VALUES (1, 1, '{MADE}', 500, '{MADE}')"


@pytest.fixture
def shop(postgres: Served, warehouse: Warehouse) -> Shop:  # noqa: F811 a fixture
    postgres.execute(*tables("timestamptz"))
    return Shop(postgres.url, warehouse, {"orders": dict(ORDERS)})


def typed(shop: Shop, value: str, ours: str = "product", **more: Any) -> Any:
    """What a value of Postgres becomes in a column of ours; why its row was refused, or `unreadable`."""
    columns = {
        "id": "'1'",
        "organization_id": "'o1'",
        "ordered_at": f"'{MADE}'",
        "total_cents": "5",
        ours: value,
    }
    query = ", ".join(f"{one} AS {name}" for name, one in columns.items())
    shop.queries = {"orders": {"table": "orders", "query": f"SELECT {query}", "replace": True, **more}}
    loading = shop.one().loading
    assert loading is not None
    if loading.unreadable or loading.reasons:
        assert loading.quarantine is not None
        return "unreadable" if loading.unreadable else next(iter(loading.reasons))
    return shop.rows()[0][ours]


@pytest.mark.parametrize(
    ("value", "ours", "becomes"),
    [
        ("NULL", "product", None),
        ("NULL", "total_cents", "total_cents is empty"),
        ("12.00::numeric", "total_cents", 12),
        ("12.50::numeric", "total_cents", "total_cents is not a whole number of cents"),
        ("9007199254740993::bigint", "product", "9007199254740993"),
        ("0.1::float8 + 0.2", "product", "0.30000000000000004"),
        ("'NaN'::numeric", "total_cents", "total_cents is empty"),
        ("'Infinity'::float8", "total_cents", "total_cents is not a whole number of cents"),
        ("'2026-11-01 10:00:00.123456-05'::timestamptz", "ordered_at", datetime(2026, 11, 1, 15, 0, 0, 123456)),
        ("'2026-11-01 10:00:00'::timestamp", "ordered_at", datetime(2026, 11, 1, 10)),
        ("'2026-11-01'::date", "ordered_at", datetime(2026, 11, 1)),
        ("'infinity'::timestamptz", "ordered_at", "ordered_at is not a time"),
        ("'-infinity'::date", "ordered_at", "ordered_at is not a time"),
        ("'0044-03-15 BC'::date", "ordered_at", "ordered_at is not a time"),
        ("'294276-01-01'::timestamp", "ordered_at", "ordered_at is not a time"),
        ("1761991200::bigint", "ordered_at", datetime(2025, 11, 1, 10)),
        ("'10:00'::time", "ordered_at", "ordered_at is not a time"),
        ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "id", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("'{\"b\": [1, null]}'::jsonb", "product", '{"b": [1, null]}'),
        ("'\\x00ff'::bytea", "product", "\\x00ff"),
        ("ARRAY['a', NULL, 'b,c']", "product", '{a,NULL,"b,c"}'),
        ("true", "product", "true"),
        ("'3 days 2 hours'::interval", "product", "P3DT2H"),
        ("'null'::text", "product", "null"),
        ("'12,50 EUR'::text", "total_cents", "total_cents is not a whole number of cents"),
        ("repeat('x', 5000)", "id", "left out"),
    ],
)
def test_every_type_becomes_its_value_or_is_refused_with_a_reason(shop, value, ours, becomes):
    if becomes == "left out":
        with pytest.raises(AssertionError):
            typed(shop, value, ours)
        assert shop.one(whole=True).left_out == {"its id is longer than 4,000 characters": 1}
        return
    assert typed(shop, value, ours) == becomes


def test_money_is_mapped_as_in_a_file(shop):
    cents = {"mapping": {"total_cents": "total_cents:usd"}}
    assert typed(shop, "1234.505::numeric", "total_cents", **cents) == 123451
    assert typed(shop, "1234.5::numeric::money", "total_cents", **cents) == 123450


def test_times_without_a_zone_are_those_of_the_sources_zone_and_others_are_not_moved(shop):
    shop.options = {"zone": "America/New_York"}
    assert typed(shop, "'2026-07-01 10:00:00.5'::timestamp", "ordered_at") == datetime(2026, 7, 1, 14, 0, 0, 500000)
    assert typed(shop, "'2026-07-01 10:00:00+00'::timestamptz", "ordered_at") == datetime(2026, 7, 1, 10)


def test_a_local_cursor_begins_an_hour_earlier_for_the_hour_that_autumn_repeats(shop, postgres):  # noqa: F811
    postgres.execute("ALTER TABLE orders ALTER updated_at TYPE timestamp", ORDER)
    shop.options = {"zone": "America/New_York"}
    shop.one()
    postgres.execute(f"INSERT INTO orders VALUES (2, 1, '{MADE}', 5, '2026-11-01 09:10:00')")
    assert shop.one().total == 2


@pytest.mark.parametrize("kind", ["date", "numeric", "double precision", "uuid", "timestamp"])
def test_cursors_of_every_type_that_has_an_order_page_and_go_on(shop, postgres, kind):  # noqa: F811
    made = {
        "date": "DATE '2026-01-01' + n",
        "numeric": "n * 1.000000000000000001",
        "double precision": "n / 3.0",
        "uuid": "lpad(to_hex(n), 32, '0')::uuid",
        "timestamp": "TIMESTAMP '2026-01-01' + n * INTERVAL '1.000001 s'",
    }[kind]
    things = f"SELECT n AS id, ({made})::{kind} AS changed FROM generate_series({{}}, {{}}) n"
    postgres.execute(f"CREATE TABLE things AS {things.format(1, 30)}")
    query = "SELECT id, 1 AS organization_id, '2026-01-01' AS ordered_at, 5 AS total_cents, changed FROM things"
    shop.queries = {"orders": {"table": "orders", "query": query, "cursor": "changed"}}
    assert shop.one().total == 30
    postgres.execute(f"INSERT INTO things {things.format(31, 31)}")
    found = shop.one()
    assert (found.read - found.unchanged, found.total) == (1, 31)


def test_a_type_that_changed_is_told_and_one_of_the_cursor_begins_anew(shop, postgres):  # noqa: F811
    postgres.execute(ORDER)
    shop.one()
    postgres.execute("ALTER TABLE orders ALTER cents TYPE numeric(12, 2)")
    found = shop.one()
    assert (found.drift, found.whole) == (("the column total_cents was integer and is numeric now",), False)
    postgres.execute("ALTER TABLE orders ALTER updated_at TYPE timestamp")
    found = shop.one()
    assert found.whole
    assert found.drift == ("the column updated_at was timestamp with time zone and is timestamp without time zone now",)


@pytest.mark.parametrize(
    "statement", ["INSERT INTO orders VALUES (9, 1) RETURNING id", "DELETE FROM orders", "SELECT 1; DELETE FROM orders"]
)
def test_nothing_can_be_written_through_a_query(shop, postgres, statement):  # noqa: F811
    postgres.execute(ORDER, "CREATE FUNCTION wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM orders; SELECT 1'")
    for query in (statement, f"SELECT wipe() AS id, * FROM ({ORDERS['query'].replace('id, ', '', 1)}) q"):
        shop.queries["orders"]["query"] = query
        with pytest.raises(InvalidInput):
            shop.one()
    assert postgres.rows("SELECT count(*) FROM orders")[0][0] == 1


def test_a_statement_that_takes_too_long_is_ended_and_told_with_its_cure(shop):
    shop.options = {"statement_seconds": 1}
    shop.queries["orders"]["query"] = f"{ORDERS['query']} UNION ALL SELECT 1, 1, now(), 5, now() FROM pg_sleep(30)"
    with pytest.raises(RetryLater, match=r"took longer than 1 s\. Index its cursor") as late:
        shop.one()
    assert late.value.code == "timeout"


def test_a_query_that_fails_on_a_row_names_the_fault_and_no_value(shop, postgres):  # noqa: F811
    postgres.execute(ORDER, "UPDATE orders SET cents = 77123")
    for wrong in ("cents / (account - 1)", "('secret-' || cents)::integer"):
        shop.queries["orders"]["query"] = ORDERS["query"].replace("cents AS", f"{wrong} AS")
        with pytest.raises(InvalidInput, match="fails on a row") as refused:
            shop.one()
        assert "77123" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ((PASSWORD, f"{PASSWORD}x"), PersonNeeded, "credentials"),
        (("keeper:", "nobody_known:"), PersonNeeded, "credentials"),
        (("/test_", "/gone_"), RetryLater, "network"),
        (("127.0.0.1:", "127.0.0.1:1"), RetryLater, "network"),
        (("postgresql://", "nosuch://"), InvalidInput, "invalid_input"),
        (("postgresql://", "postgresql+nosuch://"), InvalidInput, "invalid_input"),
        (("postgresql://", "mysql+pymysql://"), PersonNeeded, "missing_extra"),
        (("postgresql://", ""), InvalidInput, "invalid_input"),
    ],
)
def test_no_password_is_ever_told_or_written_down(shop, warehouse, change, error, code):
    shop.one()
    shop.url = shop.url.replace(*change)
    with pytest.raises(error) as refused:
        shop.one()
    told, inner = "", refused.value
    while inner is not None:
        told, inner = f"{told} {inner!r} {inner}", inner.__cause__
    assert refused.value.code == code
    assert PASSWORD not in told
    written = [path.read_bytes() for path in warehouse.folder.rglob("*") if path.is_file()]
    assert [text for text in written if PASSWORD.encode() in text] == []
    assert PASSWORD not in repr(declared({"shop": {"url": shop.url, **shop.queries}}))


def test_a_user_who_may_not_read_is_told_so(shop, postgres):  # noqa: F811
    role = f"reader_{os.getpid()}_{postgres.url[-6:]}"
    postgres.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    shop.url = shop.url.replace("keeper:", f"{role}:")
    with pytest.raises(PersonNeeded, match="grant SELECT"):
        shop.one()
    postgres.execute(f"DROP ROLE {role}")


MANY = """
[sources.shop]
url = "{url}"
[sources.shop.orders]
table = "orders"
cursor = "updated_at"
query = '''SELECT n AS id, 1 AS organization_id, TIMESTAMPTZ '2026-01-01' AS ordered_at, n AS total_cents,
TIMESTAMPTZ '2026-01-01' + n * INTERVAL '1 s' AS updated_at FROM generate_series(1, 200000) n'''
"""


def test_a_sync_that_was_killed_goes_on_where_it_stood(tmp_path: Path, postgres: Served):  # noqa: F811
    shell = Shell(tmp_path)
    shell.write(MANY.format(url=postgres.url), "opsbook.toml")
    page = tmp_path / "home" / "warehouse" / "sync" / "sql" / "shop" / "orders.json"
    options: Any = {"cwd": tmp_path, "env": shell.environment()}
    with subprocess.Popen(command("sync", "sql", "shop"), **options) as running:
        assert until(lambda: page.exists() and read_of(page) > 20_000, 30)
        running.send_signal(signal.SIGKILL)
    stood = read_of(page)
    assert 20_000 < stood < 200_000
    answer = shell.process("sync", "sql", "shop", "--json")
    assert answer.code == 0, answer.err
    (told,) = answer.json["items"]
    assert (told["resumed"], told["read"], told["loaded"], told["duplicates"], told["rejected"]) == (
        True,
        200_000,
        200_000,
        0,
        0,
    )
    repeated = shell.process("sync", "sql", "shop", "--json")
    assert repeated.code == 0, repeated.err
    (again,) = repeated.json["items"]
    assert (again["read"] - again["unchanged"], again["total"]) == (0, 200_000)


def read_of(page: Path) -> int:
    found = json.loads(page.read_text())["sweep"]
    return int(found["read"]) if found else 0
