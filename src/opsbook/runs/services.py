"""What the steps of a run may reach, handed in by the composition root."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opsbook.agents.desk import Desk
from opsbook.effects.delivery import Door, DryDoor
from opsbook.inbox.approvals import Approvals
from opsbook.inbox.threads import Threads
from opsbook.playbooks.catalog import Catalog
from opsbook.records.effects import Effects
from opsbook.records.playbooks import Playbooks
from opsbook.records.retries import Retries
from opsbook.records.runs import Runs
from opsbook.records.segments import Segments
from opsbook.records.store import Store
from opsbook.records.waits import Waits
from opsbook.runs.alerts import Alerting
from opsbook.runs.events import Bus
from opsbook.sdk.clock import Clock, Ids
from opsbook.sdk.tracing import UNTRACED, Tracer
from opsbook.sdk.values import Json, JsonObject
from opsbook.tools.gateway import Gateway


@dataclass(frozen=True)
class Records:
    """The repositories that runs write and read."""

    store: Store
    runs: Runs
    playbooks: Playbooks
    segments: Segments
    waits: Waits
    effects: Effects
    retries: Retries


async def nothing_after(run_id: str, state: Json) -> Json:
    """What is done after a segment where there is nothing to do."""
    return state


@dataclass(frozen=True)
class Services:
    """`before` is done once at the start of a live run (daily snapshots).

    `after` is handed what each segment answers, and answers the same (notes on what is over).
    """

    records: Records
    catalog: Catalog
    gateway: Gateway
    desk: Desk
    door: Door
    dry_door: DryDoor
    threads: Threads
    approvals: Approvals
    alerting: Alerting
    people: Mapping[str, str]
    bus: Bus
    clock: Clock
    ids: Ids
    sleep: Callable[[float], Awaitable[None]]
    chance: random.Random
    start_child: Callable[[str, str, str, JsonObject], Awaitable[str]]
    before: Callable[[Mapping[str, Any]], Awaitable[None]]
    tracer: Tracer = UNTRACED
    after: Callable[[str, Json], Awaitable[Json]] = nothing_after
    public_url: str = ""
