"""Which database an address names, and whether records can be kept there."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from opsbook.sdk.errors import InvalidInput

EMBEDDED = frozenset({"sqlite", "sqlite+pysqlite"})
SERVED = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
DRIVER = "postgresql+psycopg"  # the one that is installed with the product
CURE = "Write postgresql://user:password@host:5432/name, or leave it out for the SQLite file in the home folder."


def address(url: str) -> URL:
    """The address in the database library's own form, with the driver that is installed.

    Raises `InvalidInput` for what is no address, another kind of database, a SQLite store that is no file. No
    message repeats the address: it may hold a password.
    """
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        raise _refused("is no address of a database") from None
    if found.drivername in SERVED:
        return found.set(drivername=DRIVER)
    if found.drivername not in EMBEDDED:
        raise _refused("names a database or a driver that records are not kept with: it takes SQLite and Postgres")
    if found.database in (None, "", ":memory:") or found.query:
        raise _refused("must name a SQLite file, and nothing behind it")
    return found


def _refused(why: str) -> InvalidInput:
    return InvalidInput(f"The setting database_url {why}.", field="database_url", cure=CURE)
