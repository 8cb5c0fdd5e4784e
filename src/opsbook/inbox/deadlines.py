"""What time does to an approval: a reminder before its deadline, and what the deadline itself does. Pure.

`expire`: it ends. `remind`: people are told again and the time starts anew, `MOST_REMINDERS` times, then it ends.
`escalate`: those of `escalate_to` may decide as well, are told, and the time starts anew, once; then it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from opsbook.records.approvals import Turn
from opsbook.records.rows import Row
from opsbook.sdk.values import JsonObject, plain

MOST_REMINDERS = 3
BEFORE = 0.25  # of its time is left when people are reminded
LONGEST = timedelta(days=366)  # of all rounds together: what a run that waits for it plans with


def reminder_at(deadline: datetime, length: timedelta) -> datetime:
    """When those who have not decided are reminded."""
    return deadline - length * BEFORE


def is_last(row: Mapping[str, Any]) -> bool:
    """Whether the approval ends at its present deadline."""
    rounds = {"remind": MOST_REMINDERS, "escalate": 1}.get(row["on_deadline"], 0)
    return int(row["rounds"]) >= rounds


def what_time_does(row: Row, now: datetime) -> Turn | None:
    """The turn that is due at `now`, None when nothing is."""
    if row["state"] != "pending":
        return None
    if now >= row["deadline"]:
        return _expired(now) if is_last(row) else _goes_on(row, now)
    if row["remind_at"] is not None and now >= row["remind_at"]:
        return Turn("reminded", "The deadline is near.", changes={"remind_at": None, "tell": "reminder"})
    return None


def _expired(now: datetime) -> Turn:
    answer: JsonObject = {
        "decision": "expired",
        "by": None,
        "at": plain(now),
        "via": "deadline",
        "form": {},
        "note": None,
        "decisions": [],
    }
    return Turn("expired", "Nobody decided in time.", via="deadline", code="expired", end="expired", answer=answer)


def _goes_on(row: Row, now: datetime) -> Turn:
    length = timedelta(seconds=row["length_seconds"])
    deadline = now + length
    changes: Row = {
        "rounds": row["rounds"] + 1,
        "deadline": deadline,
        "remind_at": reminder_at(deadline, length),
        "tell": "reminder",
    }
    until: JsonObject = {"deadline": plain(deadline)}
    if row["on_deadline"] != "escalate":
        words = "Nobody decided in time: people are told again, and the time starts anew."
        return Turn("reminded", words, via="deadline", details=until, changes=changes)
    deciders = list(dict.fromkeys([*row["deciders"], *row["escalate_to"]]))
    words = "Nobody decided in time: others may decide as well, and the time starts anew."
    return Turn(
        "escalated",
        words,
        via="deadline",
        details=until,
        changes={**changes, "deciders": deciders, "tell": "escalated"},
    )
