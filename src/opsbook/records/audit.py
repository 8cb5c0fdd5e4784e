"""The audit of approvals: rows that are only ever added, each of which carries the digest of the one before it.

Whoever changes, takes out or inserts a row breaks the chain from there on; `broken_at` says where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from opsbook.records.rows import Row, fetch, fetch_one
from opsbook.records.tables.approvals import approval_audit
from opsbook.sdk.values import digest

BEGINNING = "0" * 64  # what stands before the first row


def add(connection: Connection, approval_id: str, entry: Mapping[str, Any]) -> Row:
    """Add an entry (`at`, `event`, `person`, `via`, `code`, `words`, `details`). The caller holds the approval."""
    newest = select(approval_audit).where(approval_audit.c.approval_id == approval_id)
    last = fetch_one(connection, newest.order_by(approval_audit.c.number.desc()).limit(1))
    row = {
        **entry,
        "approval_id": approval_id,
        "number": last["number"] + 1 if last else 1,
        "previous": last["sha256"] if last else BEGINNING,
    }
    whole = {**row, "sha256": seal(row)}
    connection.execute(approval_audit.insert(), whole)
    return whole


def entries(connection: Connection, approval_id: str) -> list[Row]:
    """In the order in which they were made."""
    query = select(approval_audit).where(approval_audit.c.approval_id == approval_id)
    return fetch(connection, query.order_by(approval_audit.c.number))


def refusals(connection: Connection, approval_id: str) -> int:
    mine = (approval_audit.c.approval_id == approval_id, approval_audit.c.event == "refused")
    return int(connection.execute(select(func.count()).where(*mine)).scalar() or 0)


def broken_at(rows: Sequence[Mapping[str, Any]]) -> int | None:
    """The number of the first entry that is not what was written; None when the chain holds."""
    previous = BEGINNING
    for number, row in enumerate(rows, 1):
        if row["number"] != number or row["previous"] != previous or row["sha256"] != seal(row):
            return number
        previous = row["sha256"]
    return None


def seal(row: Mapping[str, Any]) -> str:
    """The digest of an entry with all that it says and the digest of the one before it."""
    at = row["at"].timestamp()
    said = [row[name] for name in ("approval_id", "number", "event", "person", "via", "code", "words", "details")]
    return digest([*said, round(at * 1_000_000), row["previous"]])
