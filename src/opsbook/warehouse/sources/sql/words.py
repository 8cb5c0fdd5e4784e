"""What a database says, as errors of ours: what to mend, and never a value of its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from opsbook.sdk.errors import InvalidInput, OpsbookError, PersonNeeded, RetryLater
from opsbook.warehouse.sources.sql.declared import nearest

TABLE = re.compile(r"(?:relation|no such table:?) \"?([\w.$]+)")
COLUMN = re.compile(r"(?:column|no such column:?) \"?([\w.$]+)")
HINT = re.compile(r"reference the column \"([\w.$]+)\"")
REFUSED = ("28P01", "28000", "42501")
SIGN_IN = ("password authentication failed", "no pg_hba.conf entry", "role ", "permission denied")


def worded(error: SQLAlchemyError, where: str, seconds: int, tables: Callable[[], Sequence[str]]) -> OpsbookError:
    """The error of ours; `tables` are asked for when a table is not there."""
    if isinstance(error, PoolTimeout) or not isinstance(error, DBAPIError):
        return InvalidInput(f"{where} cannot be read ({type(error).__name__}).", field=where)
    told, state = str(error.orig), str(getattr(error.orig, "sqlstate", None) or "")
    if state == "57014" or told == "interrupted":
        cure = "Index its cursor and its key, narrow it, or set statement_seconds higher."
        return RetryLater(f"A statement of {where} took longer than {seconds} s.", cure=cure, code="timeout")
    if state in REFUSED or (not state and any(word in told for word in SIGN_IN)):
        cure = "Correct its address, or grant SELECT."
        return PersonNeeded(f"The database of {where} does not let us read.", cure=cure, code="credentials")
    if state == "25006" or "readonly database" in told:
        return InvalidInput(f"The query of {where} writes.", field=where, cure="Declare one that only reads.")
    return _missing(told, state, where, tables) or _other(error, told, state, where)


def _missing(told: str, state: str, where: str, tables: Callable[[], Sequence[str]]) -> OpsbookError | None:
    if (state == "42P01" or "no such table" in told) and (found := TABLE.search(told)):
        cure = nearest(found[1].rpartition(".")[2], tables())
        return InvalidInput(f"{where} has no table {found[1]}.", field=where, cure=cure, code="no_table")
    if (state == "42703" or "no such column" in told) and (found := COLUMN.search(told)):
        hint = HINT.search(told)
        cure = f"Did you mean {hint[1]}?" if hint else "Correct the query."
        return InvalidInput(f"{where} has no column {found[1]}.", field=where, cure=cure, code="no_column")
    return None


def _other(error: DBAPIError, told: str, state: str, where: str) -> OpsbookError:
    kind = type(error.orig).__name__
    if state.startswith("42") or "syntax error" in told or "incomplete input" in told:
        first = told.strip().splitlines()[0][:200]
        return InvalidInput(f"The query of {where} is not understood: {first}.", field=where, cure="Correct it.")
    if state.startswith(("22", "23")):
        cure = "Correct the query: it computes what cannot be computed."
        return InvalidInput(f"The query of {where} fails on a row ({kind}).", field=where, cure=cure)
    if "not a database" in told or "malformed" in told:
        return PersonNeeded(f"The file of {where} is no database, or damaged.", cure="Name another one.")
    cure = "Check that it runs and can be reached from here."
    return RetryLater(f"The database of {where} cannot be reached or broke off ({kind}).", cure=cure, code="network")
