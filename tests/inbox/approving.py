"""Approvals on a real store, and a mail provider that keeps what it was given."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from opsbook.effects.delivery import Door
from opsbook.effects.ledger import Ledger
from opsbook.inbox.approvals import Approvals, Wake
from opsbook.inbox.deciding import Decision
from opsbook.inbox.passes import Passes
from opsbook.inbox.people import People
from opsbook.inbox.rules import Rules
from opsbook.inbox.summons import Summons
from opsbook.records.approvals import Approvals as ApprovalRows
from opsbook.records.effects import Effects
from opsbook.records.keys import Keys
from opsbook.records.rows import Row
from opsbook.records.store import Store
from opsbook.runs.segment import OVER
from opsbook.sdk.clock import Clock, Ids
from opsbook.sdk.effects import Connector, ConnectorClass, Parcel, Receipt
from opsbook.sdk.work import Question

URL = "https://ops.example.com"


@dataclass
class Post:
    """Takes every mail."""

    name: str = "post"
    channel: str = "email"
    effect_class: ConnectorClass = ConnectorClass.A
    search_after: timedelta = timedelta(0)
    taken: list[Parcel] = field(default_factory=list)

    async def send(self, parcel: Parcel) -> Receipt:
        self.taken.append(parcel)
        return Receipt(f"id-{len(self.taken)}")

    async def find(self, key: str) -> Receipt | None:
        return None


async def nobody_waits(wait: Row) -> None:
    return None


async def no_time(seconds: float) -> None:
    return None


def approvals_on(
    store: Store,
    clock: Clock,
    ids: Ids,
    people: People,
    connectors: Mapping[str, Sequence[Connector]] | None = None,
    *,
    door: Door | None = None,
    rules: Rules | None = None,
    url: str | None = URL,
    wake: Wake = nobody_waits,
) -> Approvals:
    rows, rules = ApprovalRows(store), rules or Rules()
    door = door or Door(Ledger(Effects(store), clock, no_time), connectors or {}, people)
    passes = Passes(Keys(store), clock, url, random.Random(11))
    return Approvals(rows, people, Summons(rows, people, door, passes, rules), passes, rules, clock, ids, OVER, wake)


RUN: Row = {
    "id": "run_1",
    "playbook_id": "ops_churn",
    "playbook_name": "Churn",
    "actor": "schedule",
    "parent_run_id": None,
    "attempt": 1,
}


def question(**more: object) -> Question:
    given: dict[str, object] = {
        "title": "Raise the limit",
        "message": "May the limit be raised to 12?",
        "to": ("owner", "ops"),
        "of": {"limit": 12},
    }
    return Question(**{**given, **more})  # type: ignore[arg-type]


def approve(via: str = "cli", **more: object) -> Decision:
    return Decision("approved", via, **more)  # type: ignore[arg-type]


def reject(note: str | None = "The limit is too high.", **more: object) -> Decision:
    return Decision("rejected", "cli", note, **more)  # type: ignore[arg-type]
