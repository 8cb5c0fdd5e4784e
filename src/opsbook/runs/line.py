"""One line of steps, taken one after the other: a run's own, or a branch's.

Reads are taken in groups. A group is one checkpoint when something that acts may still come, so that what acts later
sees what was read and not what is read again; it is none at all when nothing will act. A step that acts or asks a
model has a checkpoint of its own. Whether the run was stopped is decided inside checkpoints, so that a repeat takes the
same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from opsbook.playbooks.expressions import truth
from opsbook.playbooks.model import Step
from opsbook.records.rows import Row
from opsbook.runs.attempt import Attempted, Attempts, in_words
from opsbook.runs.context import Context, Scene
from opsbook.runs.engine import BranchId, Checkpoints, SegmentId
from opsbook.runs.events import StepEnded, StepStarted
from opsbook.runs.journal import Entry, Journal, StepStatus, branch_of, visible
from opsbook.runs.names import Names
from opsbook.runs.plan import Ended, Next, Plan, Waiting, Work
from opsbook.runs.spreading import NOT_STARTED, STOPPED, goes_on, joined, result_of, stopped_in
from opsbook.sdk.errors import NeverWorks, OpsbookError
from opsbook.sdk.step import Boundary, Branch, Done, Outcome, Park, Spread, Take
from opsbook.sdk.values import Json, JsonObject, Unknown, plain

LAST_CHANCE = timedelta(minutes=1)  # what `finally` has when the run's own time is used up


@dataclass
class Progress:
    """Of one execution of a segment: what stopped it, and what is to be written."""

    deadline: float
    stopped: str | None = None
    ended: list[Entry] = field(default_factory=list)
    waits: list[Row] = field(default_factory=list)


@dataclass
class Line:
    """`follow` is the plan's next step for this line; `engine` is None for branches that only read.

    `around` is the line that this one branched off from, as far as it had come.
    """

    scene: Scene
    plan: Plan
    segment: SegmentId
    engine: Checkpoints | None
    attempts: Attempts
    progress: Progress
    journal: Journal
    names: Names
    follow: Callable[[Journal, bool], Next]
    asked_to_stop: Callable[[], bool]
    flush: Callable[[], None]
    written: Callable[[], Awaitable[None]]
    answers: Mapping[str, Row] = field(default_factory=dict)
    prefix: str = ""
    around: Callable[[], Iterator[Entry]] = lambda: iter(())

    async def go(self) -> Ended | Waiting:
        """To the line's end, or to where it parks."""
        while isinstance(following := self._next(), Work):
            boundary = self.plan.boundary(following.step)
            if self.engine is None or (boundary is Boundary.NONE and not self.plan.can_act(self.journal)):
                await self._group()
            elif boundary is Boundary.NONE:
                await self._freeze(f"{following.path}+")
            elif self.plan.spreads(following.step):
                await self._spread_acting(following)
            else:
                await self._act(following)
        return following

    def _next(self) -> Next:
        following = self.follow(self.journal, self.progress.stopped is not None)
        if isinstance(following, Waiting) and following.path in self.answers:
            return Work(following.path, self._step_at(following.path))
        return following

    def _step_at(self, path: str) -> Step:
        entry = self.journal.get(path)
        assert entry is not None
        return next(step for _, step in self.plan.playbook.every_step() if step.id == entry.step_id)

    async def _act(self, work: Work) -> None:
        assert self.engine is not None
        self.flush()

        async def take() -> Json:
            if self._stop():
                return {"entries": [], "stopped": self.progress.stopped}
            entry = await self._take(work)
            return {"entries": [entry.as_json()], "stopped": self.progress.stopped}

        self._replay(await self.engine.checkpoint(work.path, take))

    async def _freeze(self, name: str) -> None:
        """Take a group and record what it came to, that of its branches too; or take what was recorded for it."""
        assert self.engine is not None
        taken = False

        async def take() -> Json:
            nonlocal taken
            taken, before = True, len(self.progress.ended)
            await self._group()
            entries = self.progress.ended[before:]
            return {"entries": [entry.as_json() for entry in entries], "stopped": self.progress.stopped}

        result = await self.engine.checkpoint(name, take)
        if not taken:
            self._replay(result)

    async def _group(self) -> None:
        while isinstance(following := self._next(), Work):
            reads = self.engine is None or self.plan.boundary(following.step) is Boundary.NONE
            if not reads or self._stop():
                break
            self._note(await self._take(following))

    def _replay(self, result: Json) -> None:
        assert isinstance(result, dict)
        for data in result["entries"]:  # type: ignore[union-attr]
            entry = Entry.from_json(data)  # type: ignore[arg-type]
            if branch_of(entry.path) == self.prefix:
                self._note(entry)
            else:  # a branch's: its line is not taken again
                self.progress.ended.append(entry)
        if result["stopped"]:
            self.progress.stopped = str(result["stopped"])

    def _note(self, entry: Entry) -> None:
        self.journal.add(entry)
        self.names.add(entry)
        self.progress.ended.append(entry)
        if entry.status is StepStatus.PARKED:
            self.progress.waits.append(self._wait(entry))
        self.scene.services.bus.tell(StepEnded(self.segment.run_id, entry))

    def _stop(self) -> bool:
        if self.progress.stopped is None:
            if self.asked_to_stop():
                self.progress.stopped = "cancelled"
            elif self.scene.services.clock.monotonic() >= self.progress.deadline:
                self.progress.stopped = "timed_out"
            return self.progress.stopped is not None
        return False

    async def _take(self, work: Work) -> Entry:
        """One step: its guard, its attempts, and what came of them as an entry."""
        services = self.scene.services
        began = services.clock.now()
        tick = services.clock.monotonic()
        services.bus.tell(StepStarted(self.segment.run_id, work.path, work.step.name or work.step.id))
        try:
            shut = self._guard(work.step)
        except OpsbookError as error:
            return self._entry(work, StepStatus.FAILED, began, tick, 0, error=in_words(error))
        if shut is not None:
            return self._entry(work, StepStatus.SKIPPED, began, tick, 0, reason=shut)
        context = Context(self.scene, work.step, work.path, self.names, self._so_far)
        kind = self.plan.step_types[work.step.type]

        async def run() -> Outcome:
            answered = self.answers.get(work.path)
            if answered is not None:
                if answered["state"] == "expired" and answered["kind"] != "timer":
                    raise NeverWorks("What it waited for did not come in time.", code="timeout")
                return await kind.resume(work.step.fields, context, answered["answer"])
            outcome = await kind.run(work.step.fields, context)
            if isinstance(outcome, Spread) and self.plan.boundary(work.step) is Boundary.NONE:
                return await self._spread_reading(work, outcome)
            return outcome

        left = timedelta(seconds=self.progress.deadline - services.clock.monotonic())
        made = await self.attempts.make(work.step, run, max(left, LAST_CHANCE) if self.progress.stopped else left)
        if made.out_of_time and self.progress.stopped is None:
            self.progress.stopped = "timed_out"
        try:
            return self._outcome(work, made, began, tick)
        except OpsbookError as error:  # a value that no record can hold is the step's fault, not the run's
            return self._entry(work, StepStatus.FAILED, began, tick, made.attempts, error=in_words(error))

    def _guard(self, step: Step) -> str | None:
        """Why the step is skipped, None when it is to be taken."""
        if step.when is None:
            return None
        answer = truth(step.when, self.names.values)
        if isinstance(answer, Unknown):
            return f"unknown: {answer.reason or 'its guard could not be measured'}"
        return None if answer else "guard"

    def _outcome(self, work: Work, made: Attempted, began: datetime, tick: float) -> Entry:
        outcome = made.outcome
        if outcome is None:
            return self._entry(work, StepStatus.FAILED, began, tick, made.attempts, error=made.error)
        if isinstance(outcome, Take):
            return self._entry(
                work,
                StepStatus.COMPLETED,
                began,
                tick,
                made.attempts,
                value=outcome.value,
                block=outcome.block,
                names=dict(outcome.sets),
                reason="unknown" if outcome.block is None and outcome.value is not None else None,
            )
        if isinstance(outcome, Park):
            details: JsonObject = {"kind": outcome.kind, "until": plain(outcome.until), "subject": outcome.subject}
            return self._entry(work, StepStatus.PARKED, began, tick, made.attempts, details=details)
        if isinstance(outcome, Spread):
            frozen = tuple({"key": b.key, "block": b.block, "names": dict(b.names)} for b in outcome.branches)
            details = {"at_once": outcome.at_once, "keyed": outcome.keyed, "fail_fast": outcome.fail_fast}
            return self._entry(
                work, StepStatus.RUNNING, began, tick, made.attempts, details=details, branches=plain(frozen)
            )
        names = {**outcome.sets, **({work.step.save_as: outcome.value} if work.step.save_as else {})}
        return self._entry(
            work,
            StepStatus.COMPLETED,
            began,
            tick,
            made.attempts,
            value=outcome.value,
            figures=outcome.figures,
            warnings=outcome.warnings,
            details=outcome.details,
            deliveries=outcome.deliveries,
            cost=outcome.cost,
            names=names,
        )

    def _entry(self, work: Work, status: StepStatus, began: datetime, tick: float, attempts: int, **more: Any) -> Entry:
        clock = self.scene.services.clock
        step = work.step
        if status in (StepStatus.SKIPPED, StepStatus.FAILED):
            why = Unknown(f"{step.id} was {status.value}").as_json()
            given = step.fields.gives() | ({step.save_as} if step.save_as else frozenset())
            more["names"] = dict.fromkeys(given, why)
        entry = Entry(
            work.path,
            step.id,
            step.type,
            step.name or step.id,
            status,
            began,
            clock.now(),
            round((clock.monotonic() - tick) * 1000, 3),
            attempts,
            **more,
        )
        return _canonical(entry)

    def _wait(self, entry: Entry) -> Row:
        return {
            "id": f"{self.segment.run_id}/{entry.path}",
            "run_id": self.segment.run_id,
            "path": entry.path,
            "segment": self.segment.number,
            "kind": entry.details["kind"],
            "subject": entry.details["subject"],
            "deadline": datetime.fromisoformat(str(entry.details["until"])),
            "state": "open",
        }

    async def _spread_reading(self, work: Work, spread: Spread) -> Done:
        """Branches that only read run beside each other in this very process, without a checkpoint."""
        places = asyncio.Semaphore(min(spread.at_once, 100))
        failed = False

        async def one(branch: Branch) -> JsonObject:
            nonlocal failed
            async with places:
                if failed and spread.fail_fast:
                    return NOT_STARTED
                result = await self.branch(work, branch, engine=None)
                failed = failed or result["error"] is not None
                return result

        results = await asyncio.gather(*(one(branch) for branch in spread.branches))
        return joined(list(results), [b.key for b in spread.branches], spread.keyed)

    async def _spread_acting(self, work: Work) -> None:
        """Branches that act are workflows of their own: the list is frozen first, and they read it from the record."""
        assert self.engine is not None
        await self._act(work)
        frozen = self.journal.get(work.path)
        if frozen is None or frozen.status is not StepStatus.RUNNING:
            return
        await self.written()  # the branches read their list from the record, perhaps in another process
        ids = [BranchId(self.segment, work.path, str(branch["key"])) for branch in frozen.branches]
        fail_fast = bool(frozen.details["fail_fast"])
        at_once = int(str(frozen.details["at_once"]))
        results = await self.engine.branches(ids, at_once, lambda result: goes_on(result, fail_fast))
        self.progress.stopped = self.progress.stopped or stopped_in(results)
        results += [NOT_STARTED] * (len(ids) - len(results))
        tick = self.scene.services.clock.monotonic()
        try:
            outcome: Outcome | None = joined(results, [branch.key for branch in ids], bool(frozen.details["keyed"]))
            made = Attempted(outcome, None, frozen.attempts)
        except OpsbookError as error:
            made = Attempted(None, in_words(error), frozen.attempts)
        entry = self._outcome(work, made, frozen.started_at, tick)
        self._note(replace(entry, branches=frozen.branches))

    async def branch(self, work: Work, branch: Branch, engine: Checkpoints | None) -> JsonObject:
        """Carry out one branch: `{value, error, stopped}`, the value being that of its last step.

        `stopped` says what stopped the run before the branch had come to its end.
        """
        prefix = f"{work.path}/{branch.block}[{branch.key}]"
        steps = work.step.fields.blocks()[branch.block]
        inner = replace(
            self,
            engine=engine,
            journal=Journal(),
            names=self.names.inside(self.plan, prefix, branch.names),
            follow=lambda journal, stopped: Ended() if stopped else self.plan.next_in(prefix, steps, journal),
            prefix=prefix,
            answers={},
            around=self._so_far,
        )
        end = await inner.go()
        if isinstance(end, Waiting):
            raise NeverWorks("A branch cannot wait for something outside.", code="wait_in_branch")
        if end.failed:
            entry = inner.journal.get(end.failed)
            return result_of(None, error=dict((entry and entry.error) or {"class": "failed"}))
        if isinstance(self.plan.next_in(prefix, steps, inner.journal), Work):
            return result_of(None, error=STOPPED, stopped=self.progress.stopped)
        last = inner.journal.get(f"{prefix}/{len(steps) - 1}")
        return result_of(plain(last.value) if last else None)

    def _so_far(self) -> Iterator[Entry]:
        """What this line can see of what has ended, in the order of the ends."""
        yield from self.around()
        yield from (entry for entry in self.journal if visible(entry.path, self.prefix))


def _canonical(entry: Entry) -> Entry:
    """The entry as its record gives it back, so that a first pass and a repeat see the same values."""
    return Entry.from_json(entry.as_json())
