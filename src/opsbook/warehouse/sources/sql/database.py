"""One database of somebody else: it is only read, within a time, and what it says is put into words of ours.

Nothing that is told holds its address, its password or a value of its rows.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, Row, Select, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from opsbook.records.address import DRIVER, SERVED
from opsbook.sdk.errors import InvalidInput, OpsbookError, PersonNeeded
from opsbook.warehouse.sources.sql.declared import Source
from opsbook.warehouse.sources.sql.words import worded

PIECE = 2000  # rows that are in memory at a time
CONNECT_SECONDS = 10
SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}  # how Postgres writes values as texts, whatever the server's own settings are


class Database:
    """Opened anew for each reading. Safe to use from one thread at a time."""

    def __init__(self, source: Source) -> None:
        self.where = f"sources.{source.name}"
        self.seconds = source.settings.statement_seconds
        self.url = _address(source)
        self.postgres = self.url.get_backend_name() == "postgresql"
        self._deadline = 0.0

    @property
    def place(self) -> list[str | int | None]:
        """Which database it is, to tell one from another: no user and no password."""
        return [self.url.get_backend_name(), self.url.host, self.url.port, self.url.database]

    @contextmanager
    def reading(self, where: str) -> Iterator[Connection]:
        """A transaction that cannot write. Raises errors of ours for whatever the database says, inside as well."""
        try:
            with self._engine.connect() as connection:
                if self.postgres:
                    connection = self._limited(connection)
                self._give_time()
                yield connection
        except SQLAlchemyError as error:
            raise worded(error, where, self.seconds, self._tables) from None

    def pieces(self, connection: Connection, statement: Select[Any]) -> Iterator[Sequence[Row[Any]]]:
        """The rows of a statement, some at a time: the server keeps the rest."""
        self._give_time()
        found = connection.execution_options(stream_results=True, max_row_buffer=PIECE).execute(statement)
        with found:
            for piece in found.partitions(PIECE):
                yield piece
                self._give_time()

    def _limited(self, connection: Connection) -> Connection:
        """Postgres: the transaction cannot write, sees one state, and ends what takes too long."""
        limited = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        settings = {**SESSION, "statement_timeout": str(self.seconds * 1000)}
        for name, value in settings.items():
            limited.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})
        return limited

    def _give_time(self) -> None:
        self._deadline = time.monotonic() + self.seconds

    @cached_property
    def _engine(self) -> Engine:
        waiting = "connect_timeout" not in self.url.query and self.postgres
        arguments = {"connect_timeout": CONNECT_SECONDS} if waiting else {}
        try:
            engine = create_engine(self.url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
        except NoSuchModuleError:
            raise self._refused("names a kind of database that is not known") from None
        except ModuleNotFoundError as error:
            raise _no_driver(self.where, self.url, error) from None
        except (ArgumentError, TypeError):
            raise self._refused("is no address that can be opened") from None
        if self.url.get_backend_name() == "sqlite":
            event.listen(engine, "connect", self._tune)
        return engine

    def _tune(self, connection: sqlite3.Connection, _record: object) -> None:
        """SQLite: nothing is written, bytes that are no UTF-8 are shown as such, and a statement ends in time."""
        connection.execute("PRAGMA query_only = ON")
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        connection.set_progress_handler(lambda: time.monotonic() > self._deadline, 10_000)

    def _tables(self) -> list[str]:
        """What could have been meant; nothing when the database does not say."""
        try:
            with self._engine.connect() as connection:
                self._give_time()
                seen = inspect(connection)
                return sorted({*seen.get_table_names(), *seen.get_view_names()})
        except SQLAlchemyError:
            return []

    def _refused(self, why: str) -> InvalidInput:
        return _refused(self.where, why)


def _address(source: Source) -> URL:
    """Raises `PersonNeeded` where there is none, `InvalidInput` for one that is none; nothing repeats it."""
    where = f"sources.{source.name}"
    secret = source.settings.url
    if secret is None:
        variable = f"OPSBOOK_SOURCE_{source.name.upper()}_URL"
        raise PersonNeeded(f"{where} has no address.", cure=f"Set {variable}, or url below it.", code="not_configured")
    try:
        url = make_url(secret.get_secret_value().strip())
    except (ArgumentError, ValueError):
        raise _refused(where, "is no address of a database") from None
    if url.drivername in SERVED:
        url = url.set(drivername=DRIVER)
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).is_file()):
        raise _refused(where, "names no SQLite file that is there")
    return url


def _refused(where: str, why: str) -> InvalidInput:
    cure = "Write postgresql://user:password@host:5432/name, or sqlite:///file.db."
    return InvalidInput(f"The setting {where}.url {why}.", field=f"{where}.url", cure=cure)


def _no_driver(where: str, url: URL, error: ModuleNotFoundError) -> OpsbookError:
    package = "opsbook[postgres]" if url.get_backend_name() == "postgresql" else str(error.name)
    sentence = f"The driver that {where} needs is not installed ({error.name})."
    return PersonNeeded(sentence, cure=f"pip install '{package}'", code="missing_extra")
