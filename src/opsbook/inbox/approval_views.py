"""An approval as its readers see it: plain values, without what only the machinery needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from opsbook.inbox.people import Person
from opsbook.records.audit import broken_at
from opsbook.records.rows import Row
from opsbook.sdk.values import JsonObject, plain

INNER = frozenset({"ask_key", "tell", "remind_at", "length_seconds", "decisions", "audit"})
LISTED = (
    "id",
    "state",
    "kind",
    "title",
    "subject",
    "run_id",
    "playbook_id",
    "digest",
    "quorum",
    "asked_at",
    "deadline",
)


def brief(row: Mapping[str, Any]) -> Row:
    """One line of a list."""
    return {name: row[name] for name in LISTED}


def whole(row: Row, able: Iterable[Person]) -> JsonObject:
    """All of it, with those who are `able` to decide today, each decision, the audit and whether its chain holds."""
    shown = {name: value for name, value in row.items() if name not in INNER}
    decisions = [
        {name: value for name, value in one.items() if name not in ("approval_id", "key")} for one in row["decisions"]
    ]
    hidden = ("approval_id", "previous", "sha256")
    audit = [{name: value for name, value in one.items() if name not in hidden} for one in row["audit"]]
    found = plain(
        {
            **shown,
            "may_decide": [one.name for one in able],
            "decisions": decisions,
            "audit": audit,
            "audit_broken_at": broken_at(row["audit"]),
        }
    )
    assert isinstance(found, dict)
    return found
