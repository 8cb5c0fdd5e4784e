"""What is asked of a scheduler outside that knocks at our door: jobs as they should be, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from opsbook.sdk.values import JsonObject

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, DOUBLINGS = 5, 3600, 5  # between attempts
RETRIES = 3


@dataclass(frozen=True)
class Job:
    """One job: POST to `url` with `authorization` whenever `cron` is due in `timezone`.

    An attempt that is not answered within `deadline_seconds` has failed; then there are `retries` more.
    """

    id: str
    playbook_id: str
    cron: str
    timezone: str
    url: str
    authorization: str = field(repr=False)
    deadline_seconds: int
    description: str = ""
    retries: int = RETRIES


class Action(StrEnum):
    """What has to happen for a job to be as it should."""

    CREATE = "create"
    UPDATE = "update"
    NONE = "none"
    LEFT_OVER = "left_over"  # it knocks at our door and no playbook asks for it: shown, never touched


@dataclass(frozen=True)
class Difference:
    """One field that is not as it should be. Neither side ever holds a secret."""

    field: str
    stands: str
    wanted: str


@dataclass(frozen=True)
class Change:
    """What has to happen to one job, and why. `job` is None for one that is left over.

    `state` is the scheduler's word for the job that stands (`ENABLED`, `PAUSED` …), None where there is none.
    """

    id: str
    action: Action
    job: Job | None = None
    differences: tuple[Difference, ...] = ()
    state: str | None = None

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "playbook_id": self.job.playbook_id if self.job else None,
            "action": self.action.value,
            "state": self.state,
            "differences": [
                {"field": one.field, "stands": one.stands, "wanted": one.wanted} for one in self.differences
            ],
        }


@runtime_checkable
class JobScheduler(Protocol):
    """A scheduler whose jobs we keep."""

    async def changes(self, jobs: Sequence[Job], door: str) -> list[Change]:
        """What has to happen for these jobs to stand: one change for each in order, then what is left over at `door`.

        Reads only. Raises the errors of `Reply.checked`.
        """

    async def apply(self, change: Change) -> None:
        """Create or update one job; nothing for the other actions. A field that does not differ is not sent as changed.

        Safe to repeat. Raises `Conflict` when the job appeared or went since it was looked at.
        """
