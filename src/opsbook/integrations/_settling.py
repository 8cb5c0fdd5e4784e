"""From what a probe found to what is reported: a change counts after as many probes in a row as the settings ask for.

With one failure and one success, which is where everybody starts, what is found is what is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsbook.sdk.integration import Status

UP = (Status.ONLINE, Status.DEGRADED)


@dataclass(frozen=True)
class Standing:
    """Where a system stands. `settled` is the last reported status that says up or down, None before there was one."""

    failures: int = 0
    successes: int = 0
    settled: Status | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any] | None) -> Standing:
        """That of a stored state."""
        if row is None:
            return cls()
        settled = Status(row["settled"]) if row["settled"] else None
        return cls(int(row["consecutive_failures"]), int(row["consecutive_successes"]), settled)


def settle(before: Standing, found: Status, offline_after: int, online_after: int) -> tuple[Status, Standing]:
    """What to report of what was found, and where the system stands now.

    Offline is reported from the `offline_after`-th failure in a row on, and up again from the `online_after`-th success
    on; until then it stays as it was. Without an earlier state there is nothing to stay at. What could not be judged is
    reported as it is and neither breaks a row nor adds to it.
    """
    if found is not Status.OFFLINE and found not in UP:
        return found, before
    down = found is Status.OFFLINE
    failures, successes = (before.failures + 1, 0) if down else (0, before.successes + 1)
    reported, settled = found, before.settled
    if (settled in UP and down and failures < offline_after) or (
        settled is Status.OFFLINE and not down and successes < online_after
    ):
        reported = settled
    return reported, Standing(failures, successes, reported)
