"""A campaign that is approved, a way out that notes what it takes, and the sender between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from opsbook.effects.ledger import Ledger
from opsbook.inbox.campaigns import Campaigns
from opsbook.inbox.gate import Gate
from opsbook.inbox.hours import Hours
from opsbook.inbox.pace import Pace
from opsbook.inbox.sender import Sender
from opsbook.inbox.steering import Steering
from opsbook.records.campaigns import Campaigns as CampaignRows
from opsbook.records.effects import Effects
from opsbook.records.sendings import Sendings
from opsbook.records.store import Store
from opsbook.records.tables.inbox import campaigns
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.effects import ConnectorClass, Parcel, Receipt
from opsbook.sdk.values import JsonObject, Unknown

WHOLE_DAY = ("00:00", "24:00")
ALWAYS = Hours(weekdays=WHOLE_DAY, saturday=WHOLE_DAY, sunday=WHOLE_DAY)


@dataclass
class Way:
    """A way out. `answer` may raise what a provider's client raises, or do something while a letter is on its way."""

    answer: Callable[[Parcel], Any] = lambda parcel: None
    name: str = "smtp"
    channel: str = "email"
    effect_class: ConnectorClass = ConnectorClass.D
    search_after: timedelta = timedelta(0)
    taken: list[Parcel] = field(default_factory=list)

    async def send(self, parcel: Parcel) -> Receipt:
        said = self.answer(parcel)
        if said is not None:
            await said
        self.taken.append(parcel)
        return Receipt(f"<{parcel.key[:8]}@example.com>")

    async def find(self, key: str) -> Receipt | None:
        return None

    @property
    def recipients(self) -> list[str]:
        return [parcel.to for parcel in self.taken]


@dataclass
class Office:
    """`now` is what the warehouse says of the audience at sending; `told` what people were told."""

    store: Store
    clock: SteppedClock
    campaigns: Campaigns
    now: list[JsonObject] | Unknown
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = Sendings(self.store)
        self.steering = Steering(self.rows, self.clock)

    def sender(
        self, *ways: Way, hours: Hours = ALWAYS, at_once: int = 1, holder: str = "one", alone: bool = True
    ) -> Sender:
        async def tell(campaign_id: str, text: str) -> None:
            self.told.append(text)

        async def sleep(seconds: float) -> None:
            self.clock.forward(timedelta(seconds=seconds))

        gate = Gate(CampaignRows(self.store), self.contacts, hours)
        ledger = Ledger(Effects(self.store), self.clock, sleep)
        by_channel = {"email": list(ways)} if ways else {}
        pace = Pace(at_once=at_once)
        return Sender(
            self.rows,
            self.campaigns.manifest,
            gate,
            ledger,
            by_channel,
            tell,
            pace,
            self.clock,
            sleep,
            holder,
            alone=alone,
        )

    def contacts(self, ids: Sequence[str]) -> list[JsonObject] | Unknown:
        if isinstance(self.now, Unknown):
            return self.now
        return [one for one in self.now if one["organization_id"] in ids]

    def becomes(self, campaign_id: str, status: str) -> None:
        """What a decision makes of it."""
        with self.store.transaction() as connection:
            connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(status=status))

    def status(self, campaign_id: str) -> str:
        return str(self.campaigns.get(campaign_id)["status"])

    def states(self, campaign_id: str) -> dict[str, tuple[str, str | None]]:
        """(state, reason) of each contact's letter."""
        return {one["contact_id"]: (one["state"], one["reason"]) for one in self.rows.letters(campaign_id)}
