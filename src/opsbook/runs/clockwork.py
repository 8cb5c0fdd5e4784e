"""The loop that turns time into runs: due slots, ended waits, accepted runs that nobody began. One loop for everything.

It sleeps until something is due, half a second at the longest while another process may ask for something. Every round
may be repeated: slots, waits and segments each have a key that only the first one gets.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pydantic import ValidationError

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.model import Playbook, Schedule
from opsbook.records.rows import Row
from opsbook.records.slots import Slots
from opsbook.runs.acceptance import Request
from opsbook.runs.engine import SegmentId
from opsbook.runs.operations import Operations
from opsbook.runs.schedule import Decision, Slot, SlotState, belongs, decide, delay_of, occurrences
from opsbook.runs.segment import OVER
from opsbook.sdk.clock import Clock
from opsbook.sdk.errors import OpsbookError

ROUND = timedelta(seconds=0.5)
STRANDED_AFTER = timedelta(seconds=2)

log = logging.getLogger("opsbook.clockwork")


@dataclass(frozen=True)
class Clockwork:
    """Time and sleep are injected. `rounds` is what else is looked after in every round: events that came in."""

    operations: Operations
    slots: Slots
    catalog: Catalog
    clock: Clock
    sleep: Callable[[float], Awaitable[None]]
    rounds: tuple[Callable[[datetime], Awaitable[None]], ...] = ()
    _known: dict[tuple[str, int], tuple[Schedule, ...] | None] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await _going_on("a round of the clockwork", self.round(self.clock.now()))
            await self.sleep(ROUND.total_seconds())

    async def round(self, now: datetime) -> None:
        """Do everything that is due at `now`."""
        await self.schedules(now)
        await self.waits(now)
        await self.accepted(now)
        self.stops()
        for more in self.rounds:
            await more(now)

    async def schedules(self, now: datetime) -> None:
        """Write due slots down, decide about those that are undecided, start what is to run.

        A playbook for which that breaks does not keep the others from their time.
        """
        for row in await asyncio.to_thread(self.operations.records.playbooks.all):
            if row["enabled"]:
                await _going_on(f"the schedule of {row['id']}", self._playbook(row, now))

    async def _playbook(self, row: Row, now: datetime) -> None:
        schedules = self._schedules(row)
        if schedules is None:
            return
        for schedule in schedules:
            self._expect(row["id"], schedule, row["enabled_at"], now)
        undecided = [
            Slot(found["slot"], found["due_at"], found["seen_at"]) for found in self.slots.undecided(row["id"])
        ]
        for slot in [slot for slot in undecided if not self._asked_for(row["id"], slot)]:
            if slot.due_at <= row["enabled_at"] or not any(belongs(slot, schedule) for schedule in schedules):
                undecided.remove(slot)
                reason = "its schedule was changed or switched off before it could start"
                self.slots.decide(row["id"], slot.key, SlotState.MISSED, reason, None)
        for schedule in schedules:
            mine = [slot for slot in undecided if belongs(slot, schedule)]
            undecided = [slot for slot in undecided if slot not in mine]
            await self._decide(row["id"], schedule, mine, now)

    def _schedules(self, row: Row) -> tuple[Schedule, ...] | None:
        """The schedules of a published version; None for one that does not hold here."""
        version = (row["id"], row["version"])
        if version not in self._known:
            try:
                playbook = Playbook.model_validate(row["document"], context={"catalog": self.catalog})
                found: tuple[Schedule, ...] | None = schedules_of(playbook)
                named = [(schedule.cron, schedule.timezone) for schedule in schedules_of(playbook)]
                self.slots.follow(row["id"], named, row["updated_at"])
            except ValidationError:
                log.error(
                    "PlaybookRunner: %s is not valid here and is not started; `opsbook doctor` says why", row["id"]
                )
                found = None
            self._known[version] = found
        return self._known[version]

    def _expect(self, playbook_id: str, schedule: Schedule, since: datetime, now: datetime) -> None:
        seen = self.slots.seen_until(playbook_id, schedule.cron, schedule.timezone)
        seen = max(seen, since) if seen else since
        due = [(slot.key, slot.due_at) for slot in occurrences(schedule, seen, now)]
        if due:
            self.slots.expect(playbook_id, schedule.cron, schedule.timezone, due, now)

    async def _decide(self, playbook_id: str, schedule: Schedule, slots: Sequence[Slot], now: datetime) -> None:
        delayed = [replace(slot, delay=delay_of(schedule, playbook_id, slot)) for slot in slots]
        ripe = [slot for slot in delayed if slot.due_at + slot.delay <= now]
        if not ripe:
            return
        running = self.operations.records.runs.open_of(playbook_id)
        for decision in decide(schedule, ripe, now, bool(running)):
            if decision.stop:
                for run in running:
                    self.operations.cancel(run["id"])
            await self._follow(playbook_id, decision)

    def _asked_for(self, playbook_id: str, slot: Slot) -> bool:
        """Whether somebody else (the cron door) has started this slot's run; the slot is then decided."""
        run_id = self.operations.records.runs.started_by(slot_key(playbook_id, slot.key))
        return run_id is not None and self.slots.decide(playbook_id, slot.key, SlotState.RAN, None, run_id)

    async def _follow(self, playbook_id: str, decision: Decision) -> None:
        slot = decision.slot
        if decision.state is SlotState.EXPECTED:
            return
        run_id = None
        if decision.state in (SlotState.RAN, SlotState.LATE):
            try:
                accepted = await self.operations.start(slot_request(playbook_id, slot, "schedule", "clockwork"))
            except OpsbookError as error:
                self.slots.decide(playbook_id, slot.key, SlotState.MISSED, error.sentence, None)
                return
            run_id = accepted.run["id"]
        self.slots.decide(playbook_id, slot.key, decision.state, decision.reason, run_id)

    async def waits(self, now: datetime) -> None:
        """End the waits whose time has come; one for a run that ended unnoticed is answered with it.

        A run that was asked to stop while it parked waits no longer.
        """
        waits = self.operations.records.waits
        for wait in waits.overtaken(OVER):
            await self.operations.over(wait["subject"])
        for wait in waits.of_stopped():
            await self.operations.answer(wait["id"], "cancelled", None)
        for wait in waits.due(now):
            await self.operations.answer(wait["id"], "expired", None)

    async def accepted(self, now: datetime) -> None:
        """Begin accepted runs that no process has begun: of a command line, or of one that died in between."""
        for row in self.operations.records.runs.stranded(now - STRANDED_AFTER):
            await self.operations.engine.submit(SegmentId(row["id"], row["segment"]))

    def stops(self) -> None:
        """Hear of stops that another process asked for."""
        running = [row["id"] for row in self.operations.records.runs.latest(state="running", limit=500)]
        if running:
            self.operations.stops |= self.operations.records.runs.stops_requested(running)


async def _going_on(what: str, work: Awaitable[None]) -> None:
    """The worker loop's boundary: what breaks is told, and tried again in the next round."""
    try:
        await work
    except Exception:
        log.exception("PlaybookRunner: %s broke; it is tried again", what)


def slot_key(playbook_id: str, slot: str) -> str:
    """The dedup key of an occurrence."""
    return f"slot:{playbook_id}:{slot}"


def slot_request(playbook_id: str, slot: Slot, trigger: str, actor: str) -> Request:
    """The request of an occurrence: whoever asks for it first, the clockwork or the cron door, starts its one run."""
    return Request(
        playbook_id, trigger=trigger, actor=actor, dedup_key=slot_key(playbook_id, slot.key), as_of=slot.due_at
    )


def schedules_of(playbook: Playbook) -> tuple[Schedule, ...]:
    """The playbook's schedules, in document order."""
    return tuple(trigger.schedule for trigger in playbook.triggers if trigger.schedule is not None)
