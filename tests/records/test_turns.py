"""Writers of one file stand in line, nobody is left holding the place, and readers do not stand in it."""

from __future__ import annotations

import sqlite3
import threading
from functools import partial

import pytest

from opsbook.records.turns import connections_in_turn


@pytest.fixture
def connect(tmp_path):
    """Opens connections to one file that share a line; they do not wait for SQLite's lock, so a clash is an error."""
    kind, opened = connections_in_turn(), []

    def one() -> sqlite3.Connection:
        connection = sqlite3.connect(
            tmp_path / "a.db", timeout=0, isolation_level="IMMEDIATE", check_same_thread=False, factory=kind
        )
        connection.execute("PRAGMA journal_mode=WAL")
        opened.append(connection)
        return connection

    first = one()
    first.cursor().execute("CREATE TABLE t (n INTEGER)")
    yield one
    for connection in opened:
        connection.close()


def write(connection: sqlite3.Connection, n: int = 1) -> None:
    connection.cursor().execute("INSERT INTO t VALUES (?)", (n,))


def count(connection: sqlite3.Connection) -> int:
    return int(connection.cursor().execute("SELECT count(*) FROM t").fetchone()[0])


def begun(work) -> tuple[threading.Thread, threading.Event]:
    done = threading.Event()

    def run() -> None:
        work()
        done.set()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, done


def test_a_second_writer_waits_for_the_end_of_the_first_and_then_writes(connect):
    one, two = connect(), connect()
    write(one)
    thread, done = begun(lambda: (write(two), two.commit()))
    assert not done.wait(0.05)
    one.commit()
    thread.join(10)
    assert done.is_set()
    assert count(one) == 2


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_however_a_transaction_ends_the_next_one_has_its_turn(connect, end):
    one, two = connect(), connect()
    write(one)
    getattr(one, end)()
    write(two)
    two.commit()
    assert count(two) == (2 if end == "commit" else 1)


def test_a_statement_that_fails_gives_its_turn_back_with_its_rollback(connect):
    one, two = connect(), connect()
    with pytest.raises(sqlite3.OperationalError):
        one.cursor().execute("INSERT INTO nowhere VALUES (1)")
    one.rollback()
    write(two)
    two.commit()
    assert count(two) == 1


def test_a_reader_stands_in_no_line(connect):
    one, two = connect(), connect()
    write(one)
    assert count(two) == 0
    two.commit()
    one.commit()


def test_many_writers_lose_nothing_although_none_waits_for_sqlites_own_lock(connect):
    def work(connection: sqlite3.Connection) -> None:
        for n in range(25):
            connection.cursor().executemany("INSERT INTO t VALUES (?)", [(n,), (n,)])
            connection.commit()

    threads = [begun(partial(work, connect())) for _ in range(8)]
    for thread, _ in threads:
        thread.join(60)
    assert all(done.is_set() for _, done in threads)
    assert count(connect()) == 8 * 25 * 2
