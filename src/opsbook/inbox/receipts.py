"""What providers say of our messages: letters move on, addresses are spared, a campaign that annoys is paused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from opsbook.inbox.opt_outs import OptOuts
from opsbook.records.receipts import Receipts as ReceiptRows
from opsbook.records.receipts import Taken
from opsbook.sdk.clock import Clock
from opsbook.sdk.hook import Fate, MessageReceipt
from opsbook.sdk.values import JsonObject

CHANNEL = "email"
SOFT_BOUNCES = 3  # so many last letters to an address that all bounced softly end the mail to it
MOST_COMPLAINTS = 0.001  # of the letters that left; large mail providers ask for less than 0.003
FEWEST_LETTERS = 100  # below that a share says nothing
EARLY = "The outcome of this message is not written down yet."

Tell = Callable[[str, str], Awaitable[None]]
"""Tells people what became of a campaign: its id, and a text."""


class Receipts:
    def __init__(self, rows: ReceiptRows, opt_outs: OptOuts, tell: Tell, clock: Clock) -> None:
        self.rows = rows
        self.opt_outs = opt_outs
        self.tell = tell
        self.clock = clock

    async def heard(self, told: Mapping[str, Any], provider: str, received_at: datetime) -> tuple[JsonObject, bool]:
        """Act on a receipt as an event keeps it: (what became of it, whether that is over). Safe to repeat.

        It is not over while the message it speaks of has no outcome of ours yet: ask again later.
        """
        said = _read(told)
        taken = await self.rows.take(said, provider, said.at or received_at, self.clock.now(), brake)
        if said.fate is Fate.SOFT_BOUNCED and taken.campaign_id is not None:
            await self._spare(said.address)
        if taken.paused is not None and taken.campaign_id is not None:
            await self.tell(taken.campaign_id, f"The campaign is paused. {taken.paused}")
        return _as_json(taken), taken.became != "early"

    async def _spare(self, address: str) -> None:
        if await asyncio.to_thread(self.rows.last_bounced_softly, CHANNEL, address, SOFT_BOUNCES):
            await self.opt_outs.heard(CHANNEL, address, Fate.SOFT_BOUNCED.value)


def brake(left: int, complaints: int) -> JsonObject | None:
    """The note under which a campaign is paused; None while its complaints are within the bound, or tell nothing."""
    if left < FEWEST_LETTERS or complaints <= MOST_COMPLAINTS * left:
        return None
    share, most = f"{100 * complaints / left:.2g} %", f"{100 * MOST_COMPLAINTS:g} %"
    message = f"{complaints:,} of {left:,} letters were called spam ({share}, more than {most})."
    return {"code": "complaints", "message": f"{message} Look at whom it goes to and why before you resume it."}


def _read(told: Mapping[str, Any]) -> MessageReceipt:
    at = datetime.fromisoformat(told["at"]) if told["at"] else None
    return MessageReceipt(**{**told, "fate": Fate(told["fate"]), "at": at})


def _as_json(taken: Taken) -> JsonObject:
    found = {"campaign": taken.campaign_id, "contact": taken.contact_id, "state": taken.state, "paused": taken.paused}
    return {"became": taken.became, **{name: text for name, text in found.items() if text is not None}}
