"""Changing a letter of a drafted campaign, in one transaction with the end of every approval of what it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from opsbook.records.approvals import Turn, held_about, take
from opsbook.records.campaigns import whole_campaign
from opsbook.records.rows import Row, fetch_one
from opsbook.records.store import Store, Write
from opsbook.records.tables.inbox import campaign_messages, campaigns


@dataclass(frozen=True)
class Amended:
    """`letter` changes the message of `contact_id`, `campaign` the campaign; `turn` ends the approvals that there were,
    and `asks` asks for the next one."""

    contact_id: str
    letter: Mapping[str, Any]
    campaign: Mapping[str, Any]
    turn: Turn
    asks: Sequence[Write] = ()


class Amendments:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def amend(
        self, campaign_id: str, how: Callable[[Row], Amended], now: datetime
    ) -> tuple[Row, tuple[Row, ...]] | None:
        """Let `how` say what a campaign, whole and held, becomes; None when there is none.

        Answers the campaign and the waits that ended with its approvals. What `how` raises undoes everything.
        """

        def write(connection: Connection) -> tuple[Row, tuple[Row, ...]] | None:
            held = select(campaigns).where(campaigns.c.id == campaign_id).with_for_update()
            row = whole_campaign(connection, fetch_one(connection, held))
            if row is None:
                return None
            amended = how(row)
            turned = [take(connection, one, amended.turn, now) for one in held_about(connection, campaign_id)]
            mine = (
                campaign_messages.c.campaign_id == campaign_id,
                campaign_messages.c.contact_id == amended.contact_id,
            )
            connection.execute(update(campaign_messages).where(*mine).values(**amended.letter))
            connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(**amended.campaign))
            for ask in amended.asks:
                ask(connection)
            after = whole_campaign(connection, fetch_one(connection, held))
            assert after is not None
            return after, tuple(wait for one in turned for wait in one.ended)

        return await self.store.shared(write)
