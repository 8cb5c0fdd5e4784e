"""Writers of one SQLite file take turns.

SQLite lets one transaction write at a time, and makes the others sleep and try again: 1 ms, 2, 5, 10, up to 100, in no
order. Inside one process they need not: here each waits in line for the one before it. Another process's writers are
still met the old way, by `busy_timeout`.
"""

from __future__ import annotations

import sqlite3
import threading
from typing import Any, Literal, Self

BEGINS = ("INSERT", "UPDATE", "DELETE", "REPLACE", "BEGIN IMMEDIATE")  # what the driver opens a transaction at
LONGEST_TURN = 30.0  # seconds; then SQLite itself decides, as it would without this file


def connections_in_turn() -> type[sqlite3.Connection]:
    """A class of connections that share one line: a factory for `sqlite3.connect`, one for each file."""
    line = threading.Lock()

    class InTurn(sqlite3.Connection):
        _mine = False

        def cursor(self, factory: Any = None) -> Any:
            return super().cursor(factory or _Cursor)

        def wait_for_turn(self, sql: str) -> None:
            """Before a statement that begins to write. Inside a transaction it is this connection's turn already."""
            if not self._mine and not self.in_transaction and sql.lstrip()[:15].upper().startswith(BEGINS):
                self._mine = line.acquire(timeout=LONGEST_TURN)

        def commit(self) -> None:
            super().commit()
            self._leave()

        def rollback(self) -> None:
            try:
                super().rollback()
            finally:
                self._leave()

        def close(self) -> None:
            try:
                super().close()
            finally:
                self._leave()

        def __exit__(self, *failure: Any) -> Literal[False]:
            try:
                return super().__exit__(*failure)
            finally:
                self._leave()

        def _leave(self) -> None:
            if self._mine:
                self._mine = False
                line.release()

    return InTurn


class _Cursor(sqlite3.Cursor):
    connection: Any

    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        self.connection.wait_for_turn(sql)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Self:
        self.connection.wait_for_turn(sql)
        return super().executemany(sql, parameters)
