"""Taking up a run that failed: what it did stands, what failed is forgotten, the run goes on as its next attempt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select, update

from opsbook.records.rows import Row, fetch_one
from opsbook.records.store import Store
from opsbook.records.tables.runs import run_steps, runs, waits

AGAIN = ("failed", "timed_out")  # the ends that another attempt may change


class Retries:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def take_up(self, run_id: str) -> Row | None:
        """Queue the run for its next attempt, in one transaction; None when it did not fail: the first asker wins.

        Forgotten are the steps that failed and what lies in them, those that were skipped or undecided because
        something was unknown, `finally`, and the waits of all these. The run keeps how each attempt ended in
        `earlier`; its time starts anew. Effects are keyed by run and step, so what was done is not done again.
        """

        def write(connection: Connection) -> Row | None:
            row = fetch_one(connection, select(runs).where(runs.c.id == run_id, runs.c.state.in_(AGAIN)))
            if row is None:
                return None
            for path in _again(connection, run_id):
                below = or_(run_steps.c.path == path, run_steps.c.path.startswith(f"{path}/", autoescape=True))
                connection.execute(delete(run_steps).where(and_(run_steps.c.run_id == run_id, below)))
                connection.execute(delete(waits).where(waits.c.run_id == run_id, waits.c.path == path))
            change = _next_attempt(row)
            connection.execute(update(runs).where(runs.c.id == run_id).values(**change))
            return {**row, **change}

        return await self.store.shared(write)


def _again(connection: Connection, run_id: str) -> Sequence[str]:
    """The paths of the steps that are taken again."""
    unknown = and_(run_steps.c.status.in_(("skipped", "completed")), run_steps.c.reason.startswith("unknown"))
    wanted = or_(run_steps.c.status == "failed", unknown, run_steps.c.path.startswith("finally/"))
    query = select(run_steps.c.path).where(run_steps.c.run_id == run_id, wanted)
    return [row[0] for row in connection.execute(query)]


def _next_attempt(row: Row) -> dict[str, Any]:
    ended = {
        "attempt": row["attempt"],
        "state": row["state"],
        "reason": row["reason"],
        "error": row["error"],
        "ended_at": row["ended_at"].isoformat() if row["ended_at"] else None,
    }
    return {
        "state": "queued",
        "segment": row["segment"] + 1,
        "attempt": row["attempt"] + 1,
        "earlier": [*(row["earlier"] or ()), ended],
        "active_ms": 0.0,
        "stop_requested": False,
        **dict.fromkeys(("ended_at", "duration_ms", "reason", "error", "verdict", "criteria", "alerts", "results")),
    }
