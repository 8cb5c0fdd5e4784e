"""One database: how it is opened, and the two ways of writing to it.

`transaction` is for one caller that must know its write is on disk before it goes on. `share` hands the write to one
writer thread that puts everything that waits into one transaction: many writers pay for one commit. Both are durable
when they return: SQLite runs in WAL mode with full synchronisation.
"""

from __future__ import annotations

import asyncio
import json
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event

from opsbook.records.address import address
from opsbook.records.turns import connections_in_turn
from opsbook.sdk.errors import PersonNeeded

T = TypeVar("T")
Write = Callable[[Connection], Any]

MOST_SHARED = 256  # writes in one commit: a batch stays far below a second
LONGEST_RIDE = 0.5  # seconds that a write waits for one that it can ride with


class Store:
    """An open database. `url` is SQLAlchemy's; a SQLite file's folder must exist. Raises `InvalidInput` for another."""

    def __init__(self, url: str) -> None:
        self.url = address(url)
        self.embedded = self.url.get_backend_name() == "sqlite"
        self.engine = _embedded(self.url) if self.embedded else _served(self.url)
        self._riding: queue.SimpleQueue[tuple[Write, Future[Any]]] = queue.SimpleQueue()
        self._waiting: queue.SimpleQueue[tuple[Write, Future[Any]] | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._starting = threading.Lock()

    @property
    def file(self) -> Path | None:
        return Path(self.url.database) if self.embedded and self.url.database else None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back when it raises.

        On an embedded store nobody else writes from its first statement on, so what it reads stays true until it ends.
        """
        with self.engine.begin() as connection:
            if self.embedded:  # the driver itself would begin at the first write, after what was read before it
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading only."""
        with self.engine.connect() as connection:
            yield connection  # a SQLite driver begins no transaction for a query: each sees what is committed

    def share(self, write: Callable[[Connection], T]) -> Future[T]:
        """Write in the next shared commit; the future is done when it is on disk.

        A write may be run twice (when a neighbour in its batch fails), so it touches nothing but the database. One
        that raises is undone alone and its error is the future's. It is written whether or not somebody still waits.
        """
        self._ensure_writer()
        future: Future[T] = Future()
        self._waiting.put((write, future))
        return future

    def ride(self, write: Callable[[Connection], T]) -> Future[T]:
        """Like `share`, for what nobody waits for: in a commit that others make, in half a second at the latest.

        It is written before what is shared after it.
        """
        self._ensure_writer()
        future: Future[T] = Future()
        self._riding.put((write, future))
        return future

    async def shared(self, write: Callable[[Connection], T]) -> T:
        """`share`, awaited."""
        return await asyncio.wrap_future(self.share(write))

    def close(self) -> None:
        """Write what waits, then let go of every connection. Safe to repeat."""
        if self._writer is not None:
            self._waiting.put(None)
            self._writer.join()
            self._writer = None
        self.engine.dispose()

    def _ensure_writer(self) -> None:
        if self._writer is None:
            with self._starting:
                if self._writer is None:
                    self._writer = threading.Thread(target=self._write_on, name="records-writer", daemon=True)
                    self._writer.start()

    def _write_on(self) -> None:
        last = False
        while not last:
            batch, last = self._next_batch()
            for _, future in batch:
                future.set_running_or_notify_cancel()  # from here on nobody who goes away can cancel it
            if batch:
                self._commit(batch)

    def _next_batch(self) -> tuple[list[tuple[Write, Future[Any]]], bool]:
        """What waits, behind what rides with it; True when nothing comes after it."""
        try:
            waiting = [self._waiting.get(timeout=LONGEST_RIDE)]
        except queue.Empty:
            waiting = []
        while waiting and waiting[-1] is not None and len(waiting) < MOST_SHARED:
            try:
                waiting.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        riding = [self._riding.get_nowait() for _ in range(self._riding.qsize())]
        return riding + [one for one in waiting if one is not None], waiting[-1:] == [None]

    def _commit(self, batch: list[tuple[Write, Future[Any]]]) -> None:
        try:
            with self.transaction() as connection:
                values = [write(connection) for write, _ in batch]
        except Exception as error:  # noqa: BLE001 the worker loop's boundary: the error is the caller's
            if len(batch) == 1:
                if not batch[0][1].cancelled():
                    batch[0][1].set_exception(error)
            else:  # one of them is at fault: each gets a transaction of its own, so that only that one fails
                for one in batch:
                    self._commit([one])
            return
        for (_, future), value in zip(batch, values, strict=True):
            if not future.cancelled():
                future.set_result(value)


def _served(url: URL) -> Engine:
    return create_engine(url, pool_pre_ping=True, json_deserializer=_stored)


def _embedded(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=20,
        max_overflow=0,
        pool_timeout=30,
        json_deserializer=_stored,
        connect_args={"factory": connections_in_turn()},
    )

    @event.listens_for(engine, "connect")
    def tune(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("busy_timeout=30000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        if sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < (3, 42):
            # The engine below asks for unixepoch('subsec'), which an older library answers with NULL.
            connection.create_function("unixepoch", 1, lambda _modifier: time.time())

    return engine


def _stored(text: str) -> Any:
    """A stored value. Raises `PersonNeeded` when something else has been written in its place."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise PersonNeeded(
            f"The store is damaged: a stored value is not JSON ({error}).",
            cure="Put a backup in its place.",
            code="store_damaged",
        ) from error
