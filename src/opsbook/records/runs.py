"""Runs, their steps and the calls made in them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from opsbook.records.rows import Row, fetch, fetch_one, insert_absent, insert_all_absent, upsert
from opsbook.records.store import Store, Write
from opsbook.records.tables.playbooks import triggers
from opsbook.records.tables.runs import calls, run_steps, runs

OPEN_STATES = ("queued", "running", "waiting")
# Built once: building a statement costs more than running it.
_RUN = select(runs).where(runs.c.id == bindparam("of_run"))
_CHANGE = update(runs).where(runs.c.id == bindparam("of_run"))


class Runs:
    """Every write takes the caller's connection or goes through the shared commit; reads take their own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._keeping = threading.Lock()
        self._kept: list[Row] | None = None  # calls that the next commit will take along

    async def accept(
        self, run: Mapping[str, Any], trigger: Mapping[str, Any], also: Sequence[Write] = ()
    ) -> tuple[Row, bool]:
        """Write trigger and run in one commit, and `also` with them.

        Answers (run, fresh); a known dedup key answers its first run, and writes nothing.
        """

        def write(connection: Connection) -> tuple[Row, bool]:
            if not insert_absent(connection, triggers, trigger):
                first = fetch_one(connection, select(triggers).where(triggers.c.dedup_key == trigger["dedup_key"]))
                assert first is not None
                row = fetch_one(connection, select(runs).where(runs.c.id == first["run_id"]))
                return {**(row or {}), "body_digest": first["body_digest"]}, False
            connection.execute(runs.insert(), dict(run))
            for write_too in also:
                write_too(connection)
            return dict(run), True

        return await self.store.shared(write)

    def get(self, run_id: str) -> Row | None:
        with self.store.reading() as connection:
            row = connection.execute(_RUN, {"of_run": run_id}).mappings().first()
            return None if row is None else dict(row)

    def started_by(self, dedup_key: str) -> str | None:
        """The id of the run that a dedup key has started."""
        with self.store.reading() as connection:
            found: str | None = connection.execute(
                select(triggers.c.run_id).where(triggers.c.dedup_key == dedup_key)
            ).scalar()
            return found

    def latest(self, *, playbook_id: str | None = None, state: str | None = None, limit: int = 50) -> list[Row]:
        """Newest first."""
        query = select(runs).order_by(runs.c.accepted_at.desc(), runs.c.id.desc()).limit(limit)
        if playbook_id:
            query = query.where(runs.c.playbook_id == playbook_id)
        if state:
            query = query.where(runs.c.state == state)
        with self.store.reading() as connection:
            return fetch(connection, query)

    def open_of(self, playbook_id: str) -> list[Row]:
        """Runs of a playbook that have not ended, oldest first; dry runs do not count."""
        query = (
            select(runs)
            .where(runs.c.playbook_id == playbook_id, runs.c.state.in_(OPEN_STATES), runs.c.dry_run.is_(False))
            .order_by(runs.c.accepted_at)
        )
        with self.store.reading() as connection:
            return fetch(connection, query)

    def alerts_before(self, playbook_id: str, run_id: str, count: int) -> list[list[Any]]:
        """What the alert rules came to in the last runs of a playbook before this one, newest first."""
        query = (
            select(runs.c.alerts)
            .where(runs.c.playbook_id == playbook_id, runs.c.id < run_id, runs.c.alerts.is_not(None))
            .where(runs.c.dry_run.is_(False))
            .order_by(runs.c.id.desc())
            .limit(count)
        )
        with self.store.reading() as connection:
            return [row[0] for row in connection.execute(query)]

    def stranded(self, accepted_before: datetime) -> list[Row]:
        """Accepted runs that nobody has begun."""
        query = select(runs).where(runs.c.state == "queued", runs.c.accepted_at < accepted_before)
        with self.store.reading() as connection:
            return fetch(connection, query.order_by(runs.c.accepted_at).limit(200))

    def stops_requested(self, run_ids: Sequence[str]) -> set[str]:
        query = select(runs.c.id).where(runs.c.id.in_(run_ids), runs.c.stop_requested.is_(True))
        with self.store.reading() as connection:
            return {row[0] for row in connection.execute(query)}

    def request_stop(self, run_id: str) -> bool:
        """True when the run was open."""
        with self.store.transaction() as connection:
            change = update(runs).where(runs.c.id == run_id, runs.c.state.in_(OPEN_STATES)).values(stop_requested=True)
            return connection.execute(change).rowcount == 1

    def steps(self, run_id: str) -> list[Row]:
        """In document order."""
        query = select(run_steps).where(run_steps.c.run_id == run_id).order_by(run_steps.c.position, run_steps.c.path)
        with self.store.reading() as connection:
            return fetch(connection, query)

    def steps_of_many(self, run_ids: Sequence[str]) -> dict[str, list[Row]]:
        query = (
            select(run_steps).where(run_steps.c.run_id.in_(run_ids)).order_by(run_steps.c.position, run_steps.c.path)
        )
        found: dict[str, list[Row]] = {run_id: [] for run_id in run_ids}
        with self.store.reading() as connection:
            for row in fetch(connection, query):
                found[row["run_id"]].append(row)
        return found

    def calls(self, run_id: str) -> list[Row]:
        query = select(calls).where(calls.c.run_id == run_id).order_by(calls.c.started_at)
        with self.store.reading() as connection:
            return fetch(connection, query)

    def keep_call(self, call: Mapping[str, Any]) -> None:
        """Keep one tool call, with the next commit; nobody waits for it."""
        with self._keeping:
            if self._kept is None:
                self._kept = [dict(call)]
                self.store.ride(partial(self._write_calls, self._kept))
            else:
                self._kept.append(dict(call))

    def _write_calls(self, kept: list[Row], connection: Connection) -> None:
        with self._keeping:
            if self._kept is kept:
                self._kept = None  # what comes now goes with a later commit
        insert_all_absent(connection, calls, kept)

    def steps_between(self, segment_before: int, run_id: str) -> list[Row]:
        """Steps of the run's own line that earlier segments have ended: what a later segment starts from."""
        query = select(run_steps).where(
            and_(
                run_steps.c.run_id == run_id,
                run_steps.c.path.not_like("%[%"),
                or_(run_steps.c.segment < segment_before, run_steps.c.status == "parked"),
            )
        )
        with self.store.reading() as connection:
            return fetch(connection, query.order_by(run_steps.c.position, run_steps.c.path))

    def steps_in_branches(self, run_id: str) -> list[Row]:
        """Steps of branches, in document order."""
        query = select(run_steps).where(run_steps.c.run_id == run_id, run_steps.c.path.contains("["))
        with self.store.reading() as connection:
            return fetch(connection, query.order_by(run_steps.c.position, run_steps.c.path))

    def steps_seen_from(self, run_id: str, branch: str) -> list[Row]:
        """Steps that a branch can see: of the run's own line, of itself and of the branches that it lies in."""
        around = [branch[: end + 1] for end, char in enumerate(branch) if char == "]"]
        seen = [run_steps.c.path.startswith(f"{path}/", autoescape=True) for path in around]
        query = select(run_steps).where(run_steps.c.run_id == run_id, or_(run_steps.c.path.not_like("%[%"), *seen))
        with self.store.reading() as connection:
            rows = fetch(connection, query.order_by(run_steps.c.position, run_steps.c.path))
        return [row for row in rows if "[" not in row["path"] or row["path"][: row["path"].rindex("]") + 1] in around]

    def count_by_state(self) -> dict[str, int]:
        with self.store.reading() as connection:
            rows = connection.execute(select(runs.c.state, func.count()).group_by(runs.c.state))
            return {row[0]: row[1] for row in rows}


def write_progress(
    run_id: str,
    changes: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
    also: Sequence[Callable[[Connection], None]] = (),
) -> Callable[[Connection], None]:
    """One write of a run's progress: its row, its steps' rows, and what goes with them. Safe to repeat."""

    def write(connection: Connection) -> None:
        if changes:
            connection.execute(_CHANGE, {"of_run": run_id, **changes})
        upsert(connection, run_steps, steps)
        for other in also:
            other(connection)

    return write
