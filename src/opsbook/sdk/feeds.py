"""Records that a system tells of page by page: who reads them knows nothing of how that system is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from opsbook.sdk.values import Json, JsonObject


@dataclass(frozen=True)
class FeedPage:
    """Records as the system tells them, in plain JSON.

    `after` leads on behind them, None at the end; a page may be empty and lead on. `read_at` is a time at which the
    system had told everything that changed more than an `overlap` before it.
    """

    records: Sequence[JsonObject]
    after: Json
    read_at: datetime


class Feed(Protocol):
    """Records of one kind, the ones that changed last at the end. A record may come more than once; the later counts.

    Reading may be repeated. Raises `RetryLater` for what passes, `PersonNeeded` for credentials and missing settings,
    `NeverWorks` for an answer that makes no sense: what it answered then is not to be used.
    """

    @property
    def place(self) -> str:
        """Which account of which system it is, to tell one from another."""

    @property
    def overlap(self) -> timedelta:
        """How far before an earlier reading the next one begins, for what the system tells late or tells again."""

    async def page(self, since: datetime | None, after: Json) -> FeedPage:
        """One page of what changed from `since` on, everything without it; the next one with `after` as it was told."""
