"""Runs as their callers see them: start one, follow it to its end, cancel it, publish a playbook."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from opsbook.effects.failover import refusal, taken_over
from opsbook.playbooks.model import Playbook
from opsbook.records.rows import Row
from opsbook.runs.acceptance import Acceptance, Accepted, Request, pinned
from opsbook.runs.engine import Engine, SegmentId
from opsbook.runs.events import Bus, RunEnded
from opsbook.runs.segment import OVER
from opsbook.runs.services import Records
from opsbook.sdk.clock import Clock
from opsbook.sdk.errors import NotAllowed, NotFound
from opsbook.sdk.values import Json, JsonObject, plain

MOST_FRESH = 1000


class Operations:
    """`stops` and `fresh` are shared with the body: runs that are to stop before their next step, and rows of runs
    that this process has just accepted, by segment (see `RunBody`)."""

    def __init__(self, records: Records, acceptance: Acceptance, engine: Engine, bus: Bus, clock: Clock) -> None:
        self.records = records
        self.acceptance = acceptance
        self.engine = engine
        self.bus = bus
        self.clock = clock
        self.stops: set[str] = set()
        self.fresh: dict[str, Row] = {}

    async def start(self, request: Request) -> Accepted:
        """Accept durably, then begin. When it answers the run is on disk; it goes on whatever becomes of the caller."""
        accepted = await self.acceptance.accept(request)
        if accepted.fresh:
            segment = SegmentId(accepted.run["id"], 1)
            if len(self.fresh) >= MOST_FRESH:  # those that another process took up; forgetting costs a commit each
                self.fresh.clear()
            self.fresh[str(segment)] = accepted.run
            await self.engine.submit(segment)
        return accepted

    async def ended(self, run_id: str, within_seconds: float) -> Row:
        """The run as it stands when it ended, or when the time is up. Holds no connection while it waits."""
        deadline = self.clock.monotonic() + within_seconds
        woken = asyncio.Event()

        def listen(event: Any) -> None:
            if isinstance(event, RunEnded) and event.run_id == run_id:
                woken.set()

        with self.bus.listening(listen):
            while True:
                row = self.get(run_id)
                left = deadline - self.clock.monotonic()
                if row["state"] in OVER or left <= 0:
                    return row
                woken.clear()
                try:  # the bus tells of this process's runs; another process's are found by looking again
                    await asyncio.wait_for(woken.wait(), min(left, 0.5))
                except TimeoutError:
                    continue

    def get(self, run_id: str) -> Row:
        row = self.records.runs.get(run_id)
        if row is None:
            raise NotFound(f"There is no run {run_id}.", cure="`opsbook runs list` shows the latest.")
        return row

    def cancel(self, run_id: str) -> bool:
        """Ask the run to stop before its next step; `finally` still runs. False when it has ended already."""
        self.get(run_id)
        self.stops.add(run_id)
        asked = self.records.runs.request_stop(run_id)
        for wait in self.records.waits.open_of(run_id):
            self.records.waits.answer(wait["id"], "cancelled", None, self.clock.now())
        return asked

    async def retry(self, run_id: str) -> Row | None:
        """Go on with a run that failed, as its next attempt; None when there is nothing to retry.

        It keeps its id, its version and what it did: completed steps are not taken again, recorded effects never.
        """
        self.get(run_id)
        row = await self.records.retries.take_up(run_id)
        if row is not None:
            await self.engine.submit(SegmentId(run_id, row["segment"]))
        return row

    async def start_child(self, parent: str, path: str, playbook_id: str, inputs: JsonObject) -> str:
        """Start a playbook as a step of a run: the same step of the same run starts it once.

        Raises `NotAllowed` (`recursion`) for a playbook that the run is itself, or stems from: it would never end.
        """
        self._refuse_recursion(parent, playbook_id)
        request = Request(
            playbook_id,
            trigger="playbook",
            actor=f"run:{parent}",
            inputs=inputs,
            dedup_key=f"child:{parent}:{path}",
            parent_run_id=parent,
        )
        accepted = await self.start(request)
        if not accepted.fresh and accepted.run["attempt"] < self.get(parent)["attempt"]:
            await self.retry(accepted.run["id"])  # the parent is on its next attempt, and so is a child that failed
        return str(accepted.run["id"])

    def _refuse_recursion(self, parent: str, playbook_id: str) -> None:
        above: str | None = parent
        while above is not None:
            row = self.get(above)
            if row["playbook_id"] == playbook_id:
                raise NotAllowed(
                    f"{playbook_id} starts itself here, and would do so for ever.",
                    cure="Let one run loop with foreach, or start the other playbook by a trigger of its own.",
                    code="recursion",
                )
            above = row["parent_run_id"]

    async def over(self, run_id: str) -> None:
        """A run has ended: what waited for it goes on. Safe to repeat."""
        self.stops.discard(run_id)
        for wait in self.records.waits.open_for(run_id):
            await self.answer(wait["id"], "answered", self._answer_of(run_id))

    async def answer(self, wait_id: str, state: str, answer: Json) -> bool:
        """Close a wait and go on with its run. False when it was closed before: the first answer stands."""
        row = self.records.waits.answer(wait_id, state, answer, self.clock.now())
        if row is None:
            return False
        await self.wake(row)
        return True

    async def wake(self, wait: Row) -> None:
        """Go on with a run whose wait has been closed. Safe to repeat."""
        await self.engine.submit(SegmentId(wait["run_id"], wait["segment"] + 1))

    def enable(self, playbook_id: str, enabled: bool) -> None:
        """Switch a playbook on or off. What would have been due while it was off is not expected of it afterwards."""
        if not self.records.playbooks.enable(playbook_id, enabled, self.clock.now()):
            raise NotFound(f"There is no playbook {playbook_id}.", cure="`opsbook list` shows those there are.")

    def publish(self, playbook: Playbook, text: str, author: str, *, only_new: bool = False) -> tuple[int, bool]:
        """Make it the published version: (version, changed). Runs in flight keep the version they began with."""
        document, sha256 = pinned(playbook)
        return self.records.playbooks.publish(document, sha256, text, author, self.clock.now(), only_new=only_new)

    def _answer_of(self, run_id: str) -> JsonObject:
        row = self.get(run_id)
        return {"run_id": run_id, "state": row["state"], "verdict": row["verdict"], "results": row["results"]}


def record_of(row: Row, steps: list[Row], effects: list[Row]) -> JsonObject:
    """A run as its readers see it: the run's columns, `steps` in document order, `effects` in the order of their start.

    An effect that another way out took over says who did (`taken_over_by`), and the one that did says from whom
    (`failed_over_from`, as `{connector, error}`).
    """
    data: dict[str, Any] = {key: plain(value) for key, value in row.items() if key != "body_digest"}
    data["success"] = row["state"] == "succeeded"
    data["duration"] = row.get("duration_ms")
    data["steps"] = [step_of(step) for step in steps]
    tries = taken_over(effects)
    data["effects"] = [_effect_of(effect, *tries[effect["key"]]) for effect in effects]
    return data


def _effect_of(row: Row, counts: Row, before: list[Row]) -> JsonObject:
    shown = {key: plain(value) for key, value in row.items()}
    if row is counts and before:
        shown["failed_over_from"] = [refusal(one) for one in before]
    elif row in before:
        shown["taken_over_by"] = plain(counts["connector"])
    return shown


def step_of(row: Row) -> Mapping[str, Any]:
    """A step as its readers see it: its value stands under `output`."""
    outcome = row["outcome"]
    shown = {key: plain(value) for key, value in row.items() if key not in ("outcome", "run_id", "position")}
    extra = ("figures", "warnings", "details", "deliveries", "cost", "branches")
    return {**shown, "id": row["step_id"], "output": outcome["value"], **{key: outcome.get(key) for key in extra}}


def moment(value: datetime | None) -> str | None:
    return None if value is None else str(plain(value))
