"""What a store raises when it cannot be reached, for callers that must tell this from a fault of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from opsbook.records.store import Store
from opsbook.sdk.errors import PersonNeeded, RetryLater

UNREACHABLE: tuple[type[Exception], ...] = (OperationalError, InterfaceError, PoolTimeout)
EXPLAINED: tuple[type[Exception], ...] = (*UNREACHABLE, ProgrammingError)
FOREIGN = frozenset({"42P01", "42P07", "42703"})  # Postgres: no such table, a table too many, no such column


def ask(store: Store) -> None:
    """The smallest question: it raises one of `UNREACHABLE` when the store does not answer."""
    with store.reading() as connection:
        connection.execute(text("select 1"))


def ask_to_write(store: Store) -> None:
    """Take the right to write and give it back: raises one of `UNREACHABLE` for a store that can only be read."""
    with store.engine.connect() as connection:
        connection.execute(text("update playbooks set name = name where 1 = 0"))
        connection.rollback()


@contextmanager
def in_words() -> Iterator[None]:
    """What the database says when it cannot be opened, as the product's own errors.

    Raises `RetryLater` (`store_unreachable`), or `PersonNeeded`: `store_damaged` for a file that is no database,
    `store_foreign` for one whose tables are not ours.
    """
    try:
        yield
    except EXPLAINED as error:
        if _foreign(error):
            raise PersonNeeded(
                f"The tables of this store are not those that opsbook made: {_reason(error)}.",
                cure="Name another database or home folder, or put a backup in its place.",
                code="store_foreign",
            ) from error
        if isinstance(error, ProgrammingError):
            raise
        raise RetryLater(
            f"The store cannot be reached: {_reason(error)}.",
            cure="Check OPSBOOK_HOME or OPSBOOK_DATABASE_URL; `opsbook doctor` looks closer.",
            code="store_unreachable",
        ) from error
    except DatabaseError as error:
        if type(error) is not DatabaseError:
            raise
        raise PersonNeeded(
            f"The store is damaged or is no database: {_reason(error)}.",
            cure="Put a backup in its place.",
            code="store_damaged",
        ) from error


def _foreign(error: Exception) -> bool:
    """Whether a table or a column is not there, or is there already: SQLite says it in words, Postgres by a code."""
    told, code = str(getattr(error, "orig", "")), getattr(getattr(error, "orig", None), "sqlstate", None)
    return code in FOREIGN or any(words in told for words in ("no such table", "no such column", "already exists"))


def _reason(error: Exception) -> str:
    """The driver's own words in one line, without the statement and its parameters."""
    told = str(getattr(error, "orig", None) or error).strip().splitlines()
    return told[0].rstrip(".") if told else type(error).__name__
