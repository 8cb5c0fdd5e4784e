"""How approved campaigns leave: the sender with its gate, and what a person steers it with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from opsbook.app.inbox import Inbox
from opsbook.app.world import World
from opsbook.inbox.gate import Gate
from opsbook.inbox.outcomes import Outcomes
from opsbook.inbox.sender import Sender
from opsbook.inbox.steering import Steering
from opsbook.records.campaigns import Campaigns as CampaignRows
from opsbook.records.sendings import Sendings
from opsbook.records.store import Store
from opsbook.sdk.clock import Ids
from opsbook.sdk.values import JsonObject, Unknown
from opsbook.settings import Settings
from opsbook.warehouse import Warehouse
from opsbook.warehouse.contacts import audience_now


@dataclass(frozen=True)
class Sending:
    sender: Sender
    steering: Steering


def sending_of(settings: Settings, world: World, ids: Ids, store: Store, inbox: Inbox, warehouse: Warehouse) -> Sending:
    def contacts(organizations: Sequence[str]) -> Sequence[JsonObject] | Unknown:
        return audience_now(warehouse, organizations)

    rows, letters = Sendings(store), CampaignRows(store)
    sender = Sender(
        rows=rows,
        approved=inbox.approvals.approved,
        gate=Gate(letters, contacts, settings.campaigns),
        ledger=inbox.door.ledger,
        connectors=inbox.door.connectors,
        tell=Outcomes(letters, inbox.threads, inbox.door).tell,
        pace=settings.campaigns,
        clock=world.clock,
        sleep=world.sleep,
        holder=ids.new("sender"),
        alone=store.embedded,
    )
    return Sending(sender, Steering(rows, world.clock))
