"""The body of every run: what a segment does from its entry to its end, and what a branch does.

The version is pinned: its digest is checked at each entry. All of the run's records are written under the fence of this
execution, in shared commits: at every boundary without waiting, at the end before the engine records the outcome.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.model import Playbook
from opsbook.records.rows import Row
from opsbook.records.runs import write_progress
from opsbook.records.segments import FIRST_EPOCH, Fence
from opsbook.records.waits import open_wait
from opsbook.runs.alerts import BLIND_AFTER
from opsbook.runs.attempt import Attempts
from opsbook.runs.closing import closing_row, state_of
from opsbook.runs.context import Scene
from opsbook.runs.engine import BranchId, Checkpoints, SegmentId
from opsbook.runs.events import RunEnded, RunStarted
from opsbook.runs.journal import Entry, Journal, StepStatus, branch_of
from opsbook.runs.line import Line, Progress
from opsbook.runs.names import Names, built_in
from opsbook.runs.plan import Ended, Plan, Waiting, Work
from opsbook.runs.services import Services
from opsbook.runs.tracing import part_of, tell_over
from opsbook.runs.verdict import RuleAnswer, alerts, judge
from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.step import Branch
from opsbook.sdk.values import Json, JsonObject
from opsbook.steps._found import step_types

log = logging.getLogger("opsbook.runs")

OVER = frozenset({"succeeded", "partial", "failed", "timed_out", "cancelled", "skipped"})


class RunBody:
    """Implements `engine.Body`. `stops` holds the runs that somebody asked to stop, `fresh` the rows of runs that this
    process has just accepted."""

    def __init__(
        self, services: Services, stops: set[str], fresh: dict[str, Row], over: Callable[[str], Awaitable[None]]
    ) -> None:
        self.services = services
        self.over = over
        self.stops = stops
        self.fresh = fresh
        self._plans: dict[str, Plan] = {}

    async def segment(self, engine: Checkpoints, segment: SegmentId) -> Json:
        """Carry the segment out; answers the run's state. Safe to repeat: effects are guarded, records are upserts.

        A fault of the engine or the store ends the run as `failed` in the record; when even that cannot be written the
        engine keeps the error.
        """
        try:
            return await self.services.after(segment.run_id, await self._carry_out(engine, segment))
        except Exception as error:  # noqa: BLE001 the worker loop's boundary: the record says what became of the run
            return await self._broken(segment, error)

    async def _carry_out(self, engine: Checkpoints, segment: SegmentId) -> Json:
        entered = await self._enter(segment)
        if isinstance(entered, str):
            return entered
        with part_of(self.services.tracer, entered[0], segment):
            return await self._taken(engine, segment, *entered)

    async def _taken(self, engine: Checkpoints, segment: SegmentId, row: Row, fence: Fence, first: datetime) -> Json:
        if segment.number == 1 and not row["dry_run"]:
            await self.services.before(row)
        execution = _Execution(self, engine, segment, row, fence, first)
        end = await execution.line.go()
        if isinstance(end, Waiting):
            return await execution.park()
        state = await execution.close(end)
        self.stops.discard(segment.run_id)
        if row["parent_run_id"] is not None:  # somebody may wait for it
            await self.over(segment.run_id)
        return state

    async def _enter(self, segment: SegmentId) -> tuple[Row, Fence, datetime] | str:
        """The run's row, the right to write, and the moment of the first entry; or why there is nothing to do.

        A run that this process has just accepted was entered by the commit that accepted it: once, by whoever takes
        its row out of `fresh`.
        """
        records, now = self.services.records, self.services.clock.now()
        row = self.fresh.pop(str(segment), None)
        if row is not None:
            records.segments.begin(segment.run_id, now)
            return row, Fence(str(segment), FIRST_EPOCH), now
        row = records.runs.get(segment.run_id)
        if row is None:
            return "gone"
        if row["state"] in OVER:
            return str(row["state"])
        if row["state"] == "waiting" or row["segment"] != segment.number:
            return "waiting"  # this segment has parked before; its process died before the engine heard of it
        begins = row["state"] == "queued"
        return row, *await records.segments.enter(str(segment), segment.run_id, now, begins=begins)

    async def _broken(self, segment: SegmentId, error: Exception) -> Json:
        code = getattr(error, "code", "internal")
        if code == "fenced":
            log.warning("PlaybookRunner: %s was taken over by another worker", segment)
            return "taken over"
        log.error("PlaybookRunner: %s broke: %s", segment, type(error).__name__, exc_info=error)
        note = {
            "class": code,
            "message": f"The run broke with {type(error).__name__}.",
            "cure": "The log has the trace.",
        }
        changes = {
            "state": "failed",
            "reason": "a fault of the engine or the store",
            "error": note,
            "ended_at": self.services.clock.now(),
        }
        await self.services.records.store.shared(write_progress(segment.run_id, changes, []))
        await self.services.door.ledger.unsettled(segment.run_id, None)  # what had left is nobody's to finish now
        if (row := self.services.records.runs.get(segment.run_id)) is not None:
            tell_over(self.services.tracer, row, changes)
        self.services.bus.tell(RunEnded(segment.run_id, "failed", None))
        await self.over(segment.run_id)
        return "failed"

    async def branch(self, engine: Checkpoints, branch: BranchId) -> Json:
        """Carry one branch out: `{value, error, stopped}`. Its names and its place come from the record.

        Its time is what is left of its segment's.
        """
        records = self.services.records
        row = records.runs.get(branch.segment.run_id)
        if row is None:
            raise NeverWorks("The branch's run is not in the record.")
        now = self.services.clock.now()
        fence, _ = await records.segments.enter(str(branch), branch.segment.run_id, now)
        entered = records.segments.entered_at(str(branch.segment)) or now
        with part_of(self.services.tracer, row, branch):
            execution = _Execution(self, engine, branch.segment, row, fence, entered, outside=branch.path)
            result = await execution.branch(branch)
            await execution.written()
            return result

    def plan_of(self, row: Row) -> Plan:
        """The pinned version's plan. Raises `NeverWorks` when the stored version is not the pinned one."""
        sha = row["sha256"]
        if sha not in self._plans:
            version = self.services.records.playbooks.version(row["playbook_id"], row["version"])
            if version is None or version["sha256"] != sha:
                raise NeverWorks("The run's pinned playbook version is not in the record.", code="version_gone")
            effects = {name: entry.effect for name, entry in self.services.catalog.tools.items()}
            self._plans[sha] = Plan(_parsed(version["document"], self.services.catalog), step_types(), effects)
        return self._plans[sha]


class _Execution:
    """One execution of a segment or a branch: its line, and the writing of what came of it."""

    def __init__(
        self,
        body: RunBody,
        engine: Checkpoints,
        segment: SegmentId,
        row: Row,
        fence: Fence,
        entered: datetime,
        outside: str | None = None,
    ) -> None:
        self.services = body.services
        self.engine = engine
        self.row = row
        self.segment = segment
        self.fence = fence
        self.entered = entered
        self.plan = body.plan_of(row)
        self.writes: list[asyncio.Future[None]] = []
        self.positions = self.plan.positions
        people = dict(self.services.people)
        base = built_in(self.plan.playbook, row, people)
        journal, answers = self._before(outside)
        clock = self.services.clock
        used = row["active_ms"] / 1000 + max(0.0, (clock.now() - entered).total_seconds())
        left = self.plan.playbook.policy.timeout.total_seconds() - used
        self.line = Line(
            Scene(self.services, self.plan.playbook, row, fence),
            self.plan,
            segment,
            engine,
            Attempts(clock, self.services.sleep, self.services.chance, self.services.tracer),
            Progress(clock.monotonic() + left),
            journal,
            Names(self.plan, base, journal),
            lambda journal, stopped: self.plan.next(journal, stopped=stopped),
            lambda: segment.run_id in body.stops or bool(row["stop_requested"]),
            self.flush,
            self.written,
            answers,
        )
        if outside is None:
            self.services.bus.tell(RunStarted(row["id"], row["playbook_name"]))

    def _before(self, outside: str | None) -> tuple[Journal, Mapping[str, Row]]:
        """What earlier segments did, and what their waits were answered with; for a branch, all that came before it."""
        runs = self.services.records.runs
        if outside is not None:
            rows = runs.steps_seen_from(self.row["id"], branch_of(outside))
            return Journal(Entry.from_json(row["outcome"]) for row in rows), {}
        if self.segment.number == 1:
            return Journal(), {}
        rows = runs.steps_between(self.segment.number, self.row["id"])
        return (
            Journal(Entry.from_json(row["outcome"]) for row in rows),
            self.services.records.waits.answered(self.row["id"]),
        )

    async def branch(self, branch: BranchId) -> JsonObject:
        frozen = self.line.journal.get(branch.path)
        found = [b for b in frozen.branches if b["key"] == branch.key] if frozen else []
        if not found:
            raise NeverWorks("The branch is not in the record of its spread.")
        step = next(s for _, s in self.plan.playbook.every_step() if frozen and s.id == frozen.step_id)
        one: Any = found[0]
        work = Work(branch.path, step)
        self.line.prefix = branch_of(branch.path)
        self.line.names = self.line.names.of_branches(self.plan, self.line.journal, branch.path)
        return await self.line.branch(work, Branch(one["key"], one["block"], one["names"]), self.engine)

    async def park(self) -> Json:
        """Open the waits and let the run wait: one commit, then the segment is over."""
        self.flush(self.line.progress.waits, {"state": "waiting", "active_ms": self._active_ms()})
        await self.written()
        return "waiting"

    async def close(self, end: Ended) -> Json:
        """Judge the run, follow its alert rules, write its end. The engine records the outcome only after that."""
        services, row = self.services, self.row
        names = self.line.names.values
        followed = await self._follow_alerts(alerts(self.plan.playbook, names))
        if self.plan.acting:
            await self.written()
        unsettled = await services.door.ledger.unsettled(row["id"], self.fence) if self.plan.acting else 0
        inside = await self._inside()
        journal = self.line.journal
        state, reason = state_of(end, journal, inside, self.line.progress.stopped, unsettled)
        judgements = judge(self.plan.playbook, names)
        changes = closing_row(self.plan.playbook, journal, inside, end, state, reason, judgements, followed)  # type: ignore[arg-type]
        now = services.clock.now()
        started = row["started_at"] or self.entered
        changes |= {
            "started_at": started,
            "ended_at": now,
            "duration_ms": round((now - started).total_seconds() * 1000, 3),
            "active_ms": self._active_ms(),
        }
        self.flush((), changes)
        await self.written()
        tell_over(services.tracer, row, changes)
        services.bus.tell(RunEnded(row["id"], state, changes["verdict"]))
        return state

    async def _inside(self) -> list[Entry]:
        """What ended in the run's branches, of all its segments."""
        if not self.plan.branching:
            return []
        await self.written()
        return [Entry.from_json(row["outcome"]) for row in self.services.records.runs.steps_in_branches(self.row["id"])]

    async def _follow_alerts(self, answers: tuple[RuleAnswer, ...]) -> list[Json]:
        alerting, row = self.services.alerting, self.row
        if not answers or row["dry_run"]:
            return list(alerting.preview(answers))
        before = self.services.records.runs.alerts_before(row["playbook_id"], row["id"], BLIND_AFTER - 1)

        async def follow() -> Json:
            return list(await alerting.follow(row, self.fence, answers, before))

        if "alerts" not in self.plan.acting:
            return list(await alerting.follow(row, self.fence, answers, before))
        self.flush()
        followed = await self.engine.checkpoint("alerts", follow)
        assert isinstance(followed, list)
        return followed

    def flush(self, waits: list[Row] | tuple[Row, ...] = (), changes: Mapping[str, Any] | None = None) -> None:
        """Hand what has ended to the next shared commit, without waiting for it."""
        entries, self.line.progress.ended[:] = list(self.line.progress.ended), []
        if entries or changes:
            self._write(dict(changes or {}), entries, waits)

    async def written(self) -> None:
        """Until all that was handed over is on disk."""
        self.flush()
        writes, self.writes = self.writes, []
        await asyncio.gather(*writes)

    def _write(self, changes: dict[str, Any], entries: list[Entry], waits: Any) -> None:
        write = write_progress(
            self.row["id"],
            changes,
            [self._step_row(entry) for entry in entries],
            [self.fence.check, *(open_wait(wait) for wait in waits)],
        )
        self.writes.append(asyncio.wrap_future(self.services.records.store.share(write)))

    def _step_row(self, entry: Entry) -> Row:
        return {
            "run_id": self.row["id"],
            "path": entry.path,
            "position": self.positions.get(_plain_path(entry.path), 0),
            "segment": self.segment.number,
            "step_id": entry.step_id,
            "type": entry.type,
            "name": entry.name,
            "status": entry.status.value,
            "reason": entry.reason,
            "started_at": entry.started_at,
            "ended_at": None if entry.status in (StepStatus.RUNNING, StepStatus.PARKED) else entry.ended_at,
            "duration_ms": entry.duration_ms,
            "attempts": entry.attempts,
            "error": entry.error,
            "outcome": entry.as_json(),
        }

    def _active_ms(self) -> float:
        return float(self.row["active_ms"] + (self.services.clock.now() - self.entered).total_seconds() * 1000)


@lru_cache(maxsize=4096)
def _plain_path(path: str) -> str:
    """The path in the document: branch keys taken out."""
    out, depth = [], 0
    for char in path:
        depth += char == "["
        if not depth:
            out.append(char)
        depth -= char == "]"
    return "".join(out)


def _parsed(document: Mapping[str, Any], catalog: Catalog) -> Playbook:
    return Playbook.model_validate(document, context={"catalog": catalog})
