"""The right to write: of whoever holds a segment of a run, or a campaign that is being sent."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Connection


class Right(Protocol):
    """Held by one worker at a time; each one that takes over has a higher `epoch`."""

    @property
    def epoch(self) -> int: ...

    def check(self, connection: Connection) -> None:
        """Raises `NeverWorks` (code `fenced`) when another worker has taken over."""
