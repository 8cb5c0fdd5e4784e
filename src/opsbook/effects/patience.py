"""How long one delivery waits for providers that asked to come back later, before it goes elsewhere or fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PATIENCE = timedelta(minutes=2)  # of one delivery to all its recipients: the steps after it wait as long
MOST_ROUNDS = 10


@dataclass
class Patience:
    """Ends at `until`, and after so many rounds: a provider may ask for a second again and again."""

    until: datetime
    rounds: int = 0

    def covers(self, not_before: datetime) -> bool:
        return not_before <= self.until and self.rounds < MOST_ROUNDS


def pause(not_before: Sequence[datetime], now: datetime) -> float:
    """Seconds until the first of these moments."""
    return max(0.0, (min(not_before) - now).total_seconds())
