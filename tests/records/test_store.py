"""The two ways of writing: both on disk when they return, many writers in one commit, and a fault stays alone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import event, func, insert, select
from sqlalchemy.exc import IntegrityError, StatementError

from opsbook.records.store import MOST_SHARED, Store
from opsbook.records.tables import metadata
from opsbook.records.tables.runs import heartbeats

AT = datetime.fromisoformat("2026-11-24T14:00:00+00:00")


def beat(name: str):
    """A write of one row; a second one of the same name breaks the primary key."""
    return lambda connection: (
        connection.execute(insert(heartbeats).values(executor_id=name, label="test", last_seen=AT)).rowcount
    )


def names(store: Store) -> list[str]:
    with store.reading() as connection:
        return [
            row[0] for row in connection.execute(select(heartbeats.c.executor_id).order_by(heartbeats.c.executor_id))
        ]


class Gate:
    """A write that holds the writer thread until it is opened, so that what comes after it piles up."""

    def __init__(self) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()

    def __call__(self, connection: object) -> None:
        self.entered.set()
        assert self.opened.wait(30)


def pile_up(store: Store, writes):
    """All of these writes wait when the writer comes to them. Answers (their futures, the commits it took)."""
    gate, commits = Gate(), []
    first = store.share(gate)
    assert gate.entered.wait(30)
    futures = [store.share(write) for write in writes]
    event.listen(store.engine, "commit", commits.append)
    gate.opened.set()
    first.result(30)
    for future in futures:
        future.exception(30)
    return futures, len(commits) - 1  # the gate's own commit is not counted


def test_writes_that_wait_together_are_committed_together(store):
    futures, commits = pile_up(store, [beat(f"w{i:03d}") for i in range(100)])
    assert [future.result() for future in futures] == [1] * 100
    assert commits == 1
    assert len(names(store)) == 100


def test_no_batch_is_larger_than_its_limit(store):
    _, commits = pile_up(store, [beat(f"w{i:04d}") for i in range(2 * MOST_SHARED + 1)])
    assert commits == 3
    assert len(names(store)) == 2 * MOST_SHARED + 1


def test_what_rides_is_written_with_the_next_that_is_shared_and_before_it(store):
    commits: list[object] = []
    store.share(beat("first")).result(30)
    event.listen(store.engine, "commit", commits.append)
    seen = lambda connection: connection.execute(select(func.count()).select_from(heartbeats)).scalar()  # noqa: E731
    riders = [store.ride(beat(f"r{i}")) for i in range(5)]
    assert store.share(seen).result(30) == 6
    assert [rider.result(30) for rider in riders] == [1] * 5
    assert len(commits) == 1


def test_what_rides_is_written_when_nobody_shares(store):
    assert store.ride(beat("alone")).result(30) == 1
    assert names(store) == ["alone"]


def test_closing_writes_what_rides(tmp_path):
    opened = Store(f"sqlite:///{tmp_path / 'opsbook.db'}")
    metadata.create_all(opened.engine)
    riders = [opened.ride(beat(f"r{i}")) for i in range(3)]
    opened.close()
    assert [rider.result(0) for rider in riders] == [1] * 3


def test_a_write_that_fails_is_undone_alone_and_its_error_is_its_own(store):
    futures, _ = pile_up(store, [beat("a"), beat("b"), beat("a"), beat("c")])
    errors = [type(future.exception()) for future in futures]
    assert errors == [type(None), type(None), IntegrityError, type(None)]
    assert names(store) == ["a", "b", "c"]


def test_a_write_that_fails_halfway_leaves_nothing(store):
    def two(connection):
        beat("x")(connection)
        raise ValueError("after the first of two rows")

    with pytest.raises(ValueError, match="first of two"):
        store.share(two).result(30)
    assert names(store) == []


def test_a_transaction_is_all_or_nothing(store):
    with pytest.raises(IntegrityError), store.transaction() as connection:
        [beat(name)(connection) for name in ("x", "z", "x")]
    with store.transaction() as connection:
        beat("y")(connection)
    assert names(store) == ["y"]


async def test_awaited_writes_of_many_tasks_all_arrive(store):
    await asyncio.gather(*(store.shared(beat(f"t{i}")) for i in range(50)))
    assert len(names(store)) == 50


def test_closing_writes_what_waits_and_may_be_repeated(tmp_path):
    opened = Store(f"sqlite:///{tmp_path}/b.db")
    metadata.create_all(opened.engine)
    gate = Gate()
    opened.share(gate)
    assert gate.entered.wait(30)
    futures = [opened.share(beat(f"w{i}")) for i in range(10)]
    threading.Timer(0.05, gate.opened.set).start()
    opened.close()
    opened.close()
    assert all(future.done() for future in futures)
    again = Store(f"sqlite:///{tmp_path}/b.db")
    assert len(names(again)) == 10
    again.close()


KILLED = """
import os, sys
from datetime import UTC, datetime
from sqlalchemy import insert
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.records.tables.runs import heartbeats
store = Store(sys.argv[1])
row = {"label": "test", "last_seen": datetime(2026, 11, 24, tzinfo=UTC)}
store.share(lambda connection: connection.execute(insert(heartbeats).values(executor_id="kept", **row))).result()
connection = store.engine.connect()
connection.execute(insert(heartbeats).values(executor_id="lost", **row))
os.kill(os.getpid(), 9)
"""


def test_what_was_answered_is_on_disk_when_the_process_is_killed_and_the_rest_is_not(store):
    ended = subprocess.run([sys.executable, "-c", KILLED, str(store.url)], check=False, timeout=60)
    assert ended.returncode == -9
    assert names(store) == ["kept"]


def test_a_reader_is_not_held_up_by_a_writer_and_does_not_see_what_is_not_committed(store):
    with store.transaction() as connection:
        beat("x")(connection)
        assert names(store) == []
    assert names(store) == ["x"]


def test_what_a_transaction_has_read_stays_true_until_it_writes(store):
    """Ten threads count the rows and add the next number: none of them counts what another one is about to add."""

    def add_the_next(_: int) -> None:
        with store.transaction() as connection:
            number = connection.execute(select(func.count()).select_from(heartbeats)).scalar()
            beat(f"n{number:02d}")(connection)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(add_the_next, range(40)))
    assert names(store) == [f"n{number:02d}" for number in range(40)]


def test_a_time_without_a_zone_is_refused(store):
    row = {"executor_id": "x", "label": "test", "last_seen": datetime(2026, 11, 24)}
    with pytest.raises(StatementError, match="without a zone"), store.transaction() as connection:
        connection.execute(insert(heartbeats), row)


def test_times_sort_as_text_whatever_zone_they_came_in(store):
    later = datetime.fromisoformat("2026-11-24T09:30:00-05:00")
    with store.transaction() as connection:
        for name, at in (("later", later), ("earlier", AT)):
            connection.execute(insert(heartbeats), {"executor_id": name, "label": "test", "last_seen": at})
    with store.reading() as connection:
        assert connection.execute(select(func.max(heartbeats.c.last_seen))).scalar() == later
        order = select(heartbeats.c.executor_id).order_by(heartbeats.c.last_seen)
        assert [row[0] for row in connection.execute(order)] == ["earlier", "later"]


async def test_whoever_stops_waiting_for_a_write_stops_nobody_else(store):
    gate = Gate()
    tasks = [asyncio.create_task(store.shared(gate))]
    assert await asyncio.to_thread(gate.entered.wait, 30)
    tasks += [asyncio.create_task(store.shared(beat("left alone"))), asyncio.create_task(store.shared(beat("stays")))]
    await asyncio.sleep(0)  # both are in the queue
    for task in tasks[:2]:
        task.cancel()  # one while it is being written, one while it waits
    await asyncio.gather(*tasks[:2], return_exceptions=True)
    gate.opened.set()
    async with asyncio.timeout(30):
        assert await tasks[2] == 1
    assert names(store) == ["left alone", "stays"]
