"""Telling people what became of a campaign: in its thread, and those to whom the thread is assigned."""

from __future__ import annotations

from opsbook.effects.delivery import Door, Origin
from opsbook.effects.ledger import effect_key
from opsbook.inbox.threads import SYSTEM, Threads
from opsbook.records.campaigns import Campaigns as CampaignRows
from opsbook.sdk.values import digest
from opsbook.sdk.work import Message

WAYS = ("dashboard", "email")


class Outcomes:
    def __init__(self, rows: CampaignRows, threads: Threads, door: Door) -> None:
        self.rows = rows
        self.threads = threads
        self.door = door

    async def tell(self, campaign_id: str, text: str) -> None:
        """Safe to repeat: the same text about a campaign is told once."""
        campaign = self.rows.get(campaign_id)
        if campaign is None:
            return
        said = digest([campaign_id, text])
        to: list[str] = []
        if campaign["thread_id"]:
            thread = await self.threads.say(campaign["thread_id"], text, by=SYSTEM, effect_key=said)
            to = list(thread["assignees"])
        people = to or [person.name for person in self.threads.people.owners()]
        ways = tuple(way for way in WAYS if self.door.connectors.get(way))
        if not people or not ways:
            return
        message = Message(ways, tuple(people), f"{campaign['name']}: what became of it", text)
        origin = Origin(campaign_id, "outcome", None, lambda item: effect_key(campaign_id, f"outcome:{said}", item))
        await self.door.deliver(message, origin)
