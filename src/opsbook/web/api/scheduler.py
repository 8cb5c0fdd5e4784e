"""Which occasion a scheduler's request is about: the same occasion is the same run, however often it comes. Pure.

Cloud Scheduler delivers at least once and repeats the same schedule time. Two traps: a forced run may carry the time of
the *next* slot, or none, and must not use that slot up; and its headers identify the occasion, they prove nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from opsbook.playbooks.model import Playbook, Schedule
from opsbook.playbooks.zones import zone
from opsbook.runs.schedule import Slot, occurrences
from opsbook.sdk.errors import InvalidInput

AHEAD = timedelta(seconds=60)  # a schedule time further ahead than this is a forced run's
JOB = re.compile(r"[A-Za-z0-9_-]{1,500}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Occasion:
    """A scheduled time of a scheduler's job, in UTC."""

    job: str
    at: datetime

    def key(self, playbook_id: str) -> str:
        """The dedup key of an occasion that is no slot of the playbook's own schedule."""
        job = hashlib.sha256(self.job.encode()).hexdigest()[:16]
        return f"cron:{playbook_id}:{self.at.isoformat()}:{job}"


def occasion(job: str | None, schedule_time: str | None, now: datetime) -> Occasion | None:
    """The occasion that the scheduler's headers name; None for a manual run (no time, or one that is ahead).

    Raises `InvalidInput` for headers that no scheduler sends.
    """
    if job is not None and not JOB.fullmatch(job):
        raise InvalidInput("The job's name is malformed.", field="X-CloudScheduler-JobName")
    if not schedule_time:
        return None
    at = instant(schedule_time)
    return None if at - now > AHEAD else Occasion(job or "", at)


def instant(text: str) -> datetime:
    """A time as RFC 3339 writes it, with Z or an offset, as an instant in UTC."""
    name = "X-CloudScheduler-ScheduleTime"
    cure = "Write it like 2026-11-24T14:00:00Z."
    if not INSTANT.fullmatch(text):
        raise InvalidInput("The schedule time is malformed.", field=name, cure=cure)
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("The schedule time does not exist.", field=name, cure=cure) from error


def slot_at(playbook: Playbook, at: datetime) -> Slot | None:
    """The slot of the playbook's own schedule that this time is: then scheduler and clockwork mean the same run.

    Seconds do not count. The second of two equal wall times of the autumn change is the slot of the first, as it is for
    the clockwork, so that a daily job runs once on that day too.
    """
    minute = at.replace(second=0, microsecond=0)
    schedules = [trigger.schedule for trigger in playbook.triggers if trigger.schedule is not None]
    return next((slot for one in schedules if (slot := _slot(one, minute))), None)


def _slot(schedule: Schedule, minute: datetime) -> Slot | None:
    try:
        wall = minute.astimezone(zone(schedule.timezone)).strftime("%Y-%m-%dT%H:%M")
        near: Sequence[Slot] = list(occurrences(schedule, minute - timedelta(hours=3), minute))
    except OverflowError:  # the first and the last days of the calendar have no day before or after them
        return None
    exact = next((slot for slot in near if slot.due_at == minute), None)
    return exact or next((slot for slot in near if slot.key == wall), None)
