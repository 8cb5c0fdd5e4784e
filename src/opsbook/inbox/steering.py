"""What a person does with a campaign that is approved: look at it, pause it, go on, put it off, give it up."""

from __future__ import annotations

import asyncio
from datetime import datetime

from opsbook.inbox.lifecycle import BEFORE, CampaignStatus, LetterState
from opsbook.inbox.performance import performance
from opsbook.records.receipts import Receipts
from opsbook.records.rows import Row
from opsbook.records.sendings import Sendings
from opsbook.sdk.clock import Clock
from opsbook.sdk.errors import Conflict, InvalidInput, NotFound
from opsbook.sdk.values import JsonObject, plain


class Steering:
    """Each move names who makes it. A pause holds from the moment in which it is written: no letter leaves after it."""

    def __init__(self, rows: Sendings, clock: Clock) -> None:
        self.rows = rows
        self.clock = clock

    async def pause(self, campaign_id: str, by: str, reason: str) -> None:
        """Raises `NotFound`, `Conflict` when it is not about to be sent."""
        await self._move(campaign_id, CampaignStatus.PAUSED, by, reason)

    async def resume(self, campaign_id: str, by: str) -> None:
        """Go on with what has not left. Raises `NotFound`, `Conflict` when it is not paused."""
        await self._move(campaign_id, CampaignStatus.SENDING, by, "", self.clock.now())

    async def cancel(self, campaign_id: str, by: str, reason: str) -> None:
        """For good. Raises `NotFound`, `Conflict` while letters leave (pause it first), and when it is over."""
        await self._move(campaign_id, CampaignStatus.CANCELLED, by, reason)

    async def schedule(self, campaign_id: str, by: str, at: datetime) -> None:
        """Let nothing leave before a moment. Raises `InvalidInput` for one that is past, else as `pause`."""
        if at <= self.clock.now():
            raise InvalidInput(f"{at.isoformat()} is past.", field="at", cure="Name a moment that is still to come.")
        await self._move(campaign_id, CampaignStatus.SCHEDULED, by, "", at)

    async def progress(self, campaign_id: str) -> JsonObject:
        """`{due_at, started_at, finished_at, note, letters: {state: number}}`; empty for one that nobody began."""
        row = await asyncio.to_thread(self.rows.progress, campaign_id)
        if row is None:
            return {}
        times = {name: plain(row[name]) for name in ("due_at", "started_at", "finished_at")}
        return {**times, "note": row["note"], "letters": dict(row["states"])}

    async def performance(self, campaign_id: str) -> JsonObject:
        """What the providers say of its letters, each figure with how it is known: see `inbox.performance`."""
        return performance(await asyncio.to_thread(Receipts(self.rows.store).tallies, campaign_id))

    def letters(self, campaign_id: str, states: tuple[str, ...] = (), after: str = "", limit: int = 200) -> list[Row]:
        """What became of each letter, by contact, behind `after`. Raises `InvalidInput` for a state that is none."""
        if unknown := sorted(set(states) - set(LetterState)):
            cure = f"There are: {', '.join(LetterState)}."
            raise InvalidInput(f"There is no state {unknown[0]} of a letter.", field="state", cure=cure)
        return self.rows.letters(campaign_id, states, after, limit)

    async def _move(
        self, campaign_id: str, to: CampaignStatus, by: str, reason: str, due_at: datetime | None = None
    ) -> None:
        said = f"{by}: {reason}" if reason else by
        note = {"code": to.value, "message": said, "by": by}
        now = self.clock.now()
        moved = await self.rows.move(campaign_id, to, BEFORE[to], note, now, due_at)
        if moved is None:
            raise NotFound(f"There is no campaign {campaign_id[:80]!r}.", cure="`opsbook campaigns list` shows them.")
        status, changed = moved
        if not changed:
            may = ", ".join(sorted(BEFORE[to]))
            raise Conflict(f"The campaign is {status}.", cure=f"This is for one that is {may}.", code="wrong_status")
