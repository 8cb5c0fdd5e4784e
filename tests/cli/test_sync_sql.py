"""Declared queries of a database, read from the command line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cli.commanding import Shell

SETTINGS = """\
[sources.shop]
url = "sqlite:///{folder}/shop.db"

[sources.shop.orders]
table = "orders"
query = "SELECT id, shop AS organization_id, at AS ordered_at, cents AS total_cents, changed FROM orders"
cursor = "changed"
"""


@pytest.fixture
def shop(shell: Shell) -> Shell:
    with sqlite3.connect(shell.folder / "shop.db") as database:
        database.execute(
            "CREATE TABLE orders (id TEXT PRIMARY KEY, shop TEXT, at TEXT, cents INTEGER, changed INTEGER)"
        )
        rows = [(f"o{place}", "s1", "2026-11-20T10:00:00Z", 100 + place, place) for place in range(2000)]
        database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)
    shell.write(SETTINGS.format(folder=shell.folder), "opsbook.toml")
    return shell


def change(folder: Path, *rows: tuple[object, ...]) -> None:
    with sqlite3.connect(folder / "shop.db") as database:
        database.executemany("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?)", rows)


def test_everything_is_read_at_first_and_then_what_has_changed(shop: Shell) -> None:
    (first,) = shop("sync", "sql", "--json").json["items"]
    assert (first["read"], first["loaded"], first["total"], first["whole"]) == (2000, 2000, 2000, True)
    change(shop.folder, ("o7", "s1", "2026-11-20T10:00:00Z", 9, 5000), ("new", "s2", "2026-11-21T10:00:00Z", 5, 5001))
    (second,) = shop("sync", "sql", "shop", "--tables", "orders", "--json").json["items"]
    assert (second["loaded"], second["total"], second["whole"]) == (2, 2001, False)
    told = shop("sync", "sql")
    assert told.code == 0
    assert "2,001" in told.out


def test_a_row_that_does_not_fit_is_named_and_the_rest_is_loaded(shop: Shell) -> None:
    change(shop.folder, ("bad", "s1", "never", 1, 6000))
    told = shop("sync", "sql")
    assert told.code == 0
    assert "ordered_at" in told.out
    (again,) = shop("sync", "sql", "--whole", "--json").json["items"]
    assert (again["rejected"], again["total"]) == (1, 2000)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sync", "sql", "shpo"), "Did you mean shop?"),
        (("sync", "sql", "shop", "--tables", "order"), "Did you mean orders?"),
    ],
)
def test_a_name_that_is_none_names_the_nearest(shop: Shell, words: tuple[str, ...], told: str) -> None:
    refused = shop(*words)
    assert refused.code == 2
    assert told in refused.err


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('cursor = "changed"', "", "does not say what that means"),
        ('table = "orders"', 'table = "order"', "sources.shop.orders.table is refused: there is no table order"),
        ('cursor = "changed"', 'curser = "changed"', "Did you mean cursor?"),
        ('cursor = "changed"', 'cursor = "changd"', "changd"),
    ],
)
def test_a_declaration_that_is_wrong_is_refused_and_changes_nothing(shop: Shell, old: str, new: str, told: str) -> None:
    text = SETTINGS.format(folder=shop.folder).replace(old, new)
    shop.write(text, "opsbook.toml")
    refused = shop("sync", "sql")
    assert refused.code != 0
    assert told in refused.err + refused.out


def test_without_a_declared_database_it_says_where_to_declare_one(shell: Shell) -> None:
    refused = shell("sync", "sql")
    assert refused.code == 2
    assert "[sources.<name>]" in refused.err


def test_the_password_of_an_address_is_in_no_message_and_no_file(shop: Shell) -> None:
    word = "a-word-that-nobody-may-see"
    text = SETTINGS.format(folder=shop.folder)
    address = f"postgresql+psycopg://reader:{word}@127.0.0.1:9/shop"
    shop.write(text.replace(f"sqlite:///{shop.folder}/shop.db", address), "opsbook.toml")
    refused = shop("sync", "sql")
    assert refused.code != 0
    assert word not in refused.err + refused.out
    kept = [path for path in (shop.folder / "home").rglob("*") if path.is_file()]
    assert not any(word.encode() in path.read_bytes() for path in kept)
