"""When a schedule is due, and what becomes of each occurrence. Pure: no clock of its own, no store.

An occurrence is identified by the wall clock, so that a daily job has one slot for each local day: in the doubled hour
of autumn the first one counts, in the missing hour of spring it is due at the first valid minute after it. A schedule
that runs every hour or oftener (its hour field begins with `*`) is identified by UTC and keeps all its hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cronsim import CronSim

from opsbook.playbooks.model import Misfire, Overlap, Schedule
from opsbook.playbooks.zones import zone
from opsbook.sdk.values import digest

PUNCTUAL = timedelta(seconds=60)  # a slot that starts later than this is called late


@dataclass(frozen=True)
class Slot:
    """One expected occurrence: `key` is unique for the playbook, `due_at` is the instant in UTC.

    `seen_at` is when somebody first saw it due (None: just now), `delay` what jitter makes it start later.
    """

    key: str
    due_at: datetime
    seen_at: datetime | None = None
    delay: timedelta = timedelta(0)


class SlotState(StrEnum):
    """What became of an occurrence."""

    EXPECTED = "expected"  # due, not decided yet (a queued one waits here)
    RAN = "ran"
    LATE = "late"  # ran, more than a minute after it was due
    SKIPPED = "skipped"  # the overlap rule
    MISSED = "missed"  # the misfire rule, or its schedule was taken away


@dataclass(frozen=True)
class Decision:
    """What to do with a slot. `stop` asks the running one to stop first; an `EXPECTED` slot is looked at again."""

    slot: Slot
    state: SlotState
    reason: str | None = None
    stop: bool = False


def occurrences(schedule: Schedule, after: datetime, until: datetime) -> Iterator[Slot]:
    """The slots with `after < due_at <= until`, in order, each key once."""
    local = zone(schedule.timezone)
    by_wall = not schedule.cron.split()[1].startswith("*")
    seen: str | None = None
    # One day earlier: the first of two equal wall times may lie before `after` and must then win over the second.
    for moment in CronSim(schedule.cron, after.astimezone(local) - timedelta(days=1)):
        due_at = moment.astimezone(UTC)
        if due_at > until:
            return
        key = moment.strftime("%Y-%m-%dT%H:%M") if by_wall else due_at.strftime("%Y-%m-%dT%H:%MZ")
        if key == seen:
            continue
        repeated = by_wall and seen is not None and key <= seen
        if not repeated:
            seen = key
            if due_at > after:
                yield Slot(key, due_at)


def belongs(slot: Slot, schedule: Schedule) -> bool:
    """Whether the slot is one of this schedule's occurrences."""
    near = occurrences(schedule, slot.due_at - timedelta(seconds=1), slot.due_at)
    return any(found.key == slot.key for found in near)


def delay_of(schedule: Schedule, playbook_id: str, slot: Slot) -> timedelta:
    """How long after it is due a slot starts: evenly spread over the schedule's `jitter`, the same at every look."""
    if schedule.jitter is None:
        return timedelta(0)
    return schedule.jitter * (int(digest([playbook_id, slot.key])[:8], 16) / 2**32)


def decide(schedule: Schedule, due: Sequence[Slot], now: datetime, running: bool) -> list[Decision]:
    """What becomes of the slots that are due and undecided, oldest first.

    `running`: a run of the playbook has not ended. At most one slot is run at a time unless overlap is allowed; of the
    slots that were missed, `misfire` says which still run, `within` how old they may be. One that was seen in time and
    waits was not missed; those that come after it meanwhile merge into it.
    """
    decisions: list[Decision] = []
    wanted: list[Slot] = []
    for index, slot in enumerate(due):
        last = index == len(due) - 1
        if now - slot.due_at > max(schedule.within, PUNCTUAL):
            decisions.append(Decision(slot, SlotState.MISSED, f"older than {schedule.within}"))
        elif _in_time(slot, now):
            wanted.append(slot)
        elif schedule.misfire is Misfire.SKIP:
            decisions.append(Decision(slot, SlotState.MISSED, "nobody was there, and misfire is skip"))
        elif schedule.misfire is Misfire.LATEST and not last:
            decisions.append(Decision(slot, SlotState.MISSED, "a later one ran instead"))
        else:
            wanted.append(slot)
    waiting = False
    for slot in wanted:
        decision = _start(schedule, slot, now, running, waiting and _in_time(slot, now))
        decisions.append(decision)
        running, waiting = True, waiting or decision.state is SlotState.EXPECTED
    return decisions


def _in_time(slot: Slot, now: datetime) -> bool:
    return (slot.seen_at or now) - slot.due_at <= PUNCTUAL


def _start(schedule: Schedule, slot: Slot, now: datetime, running: bool, merges: bool) -> Decision:
    begun = SlotState.LATE if now - slot.due_at - slot.delay > PUNCTUAL else SlotState.RAN
    if not running or schedule.overlap is Overlap.ALLOW:
        return Decision(slot, begun)
    if schedule.overlap is Overlap.SKIP:
        return Decision(slot, SlotState.SKIPPED, "the previous run has not ended")
    if merges:
        return Decision(slot, SlotState.SKIPPED, "an earlier one waits already")
    if schedule.overlap is Overlap.CANCEL_RUNNING:
        return Decision(slot, SlotState.EXPECTED, "waits for the previous run to stop", stop=True)
    return Decision(slot, SlotState.EXPECTED, "waits for the previous run to end")
