"""The rooms of one deployment, wired, and how they are set to work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from opsbook.agents.desk import Desk
from opsbook.app.inbox import Inbox
from opsbook.app.sending import Sending
from opsbook.app.systems import Systems
from opsbook.app.world import World
from opsbook.effects.mirror import Mirror
from opsbook.inbox.amending import Amendments
from opsbook.inbox.approvals import Approvals
from opsbook.inbox.campaigns import Campaigns
from opsbook.inbox.notifications import Notifications
from opsbook.inbox.people import People
from opsbook.inbox.sender import Sender
from opsbook.inbox.steering import Steering
from opsbook.inbox.threads import Threads
from opsbook.integrations.monitor import Monitor
from opsbook.playbooks.catalog import Catalog
from opsbook.records.alerts import Alerts
from opsbook.records.probes import Probes
from opsbook.records.slots import Slots
from opsbook.records.snapshots import Snapshots
from opsbook.records.store import Store
from opsbook.runs.clockwork import Clockwork
from opsbook.runs.engine import Elsewhere
from opsbook.runs.inbound import Inbound
from opsbook.runs.operations import Operations
from opsbook.runs.segment import RunBody
from opsbook.runs.services import Records
from opsbook.sdk.clock import Ids
from opsbook.sdk.integration import Integration
from opsbook.settings import Settings
from opsbook.tools.gateway import Gateway
from opsbook.warehouse import Warehouse


@dataclass(frozen=True)
class App:
    """Every room of one deployment, wired. `operations` is the door to runs."""

    settings: Settings
    world: World
    ids: Ids
    catalog: Catalog
    gateway: Gateway
    store: Store
    records: Records
    warehouse: Warehouse
    systems: Systems
    snapshots: Snapshots
    slots: Slots
    inbox: Inbox
    sending: Sending
    operations: Operations
    inbound: Inbound
    clockwork: Clockwork
    mirror: Mirror | None
    body: RunBody
    desk: Desk

    @property
    def integrations(self) -> Mapping[str, Integration[Any]]:
        return self.systems.integrations

    @property
    def monitor(self) -> Monitor:
        return self.systems.monitor

    @property
    def probes(self) -> Probes:
        return self.systems.probes

    @property
    def alerts(self) -> Alerts:
        return self.inbox.alerts

    @property
    def people(self) -> People:
        return self.inbox.people

    @property
    def threads(self) -> Threads:
        return self.inbox.threads

    @property
    def approvals(self) -> Approvals:
        return self.inbox.approvals

    @property
    def campaigns(self) -> Campaigns:
        return self.inbox.campaigns

    @property
    def amendments(self) -> Amendments:
        return self.inbox.amendments

    @property
    def notifications(self) -> Notifications:
        return self.inbox.notifications

    @property
    def sender(self) -> Sender:
        return self.sending.sender

    @property
    def steering(self) -> Steering:
        return self.sending.steering

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Carry runs out in this process. Raises `Conflict` (`store_in_use`) when another process does already."""
        engine = self.world.make_engine(self.store, self.world.clock)
        await engine.launch(self.body)
        self.operations.engine = engine
        try:
            yield
        finally:
            self.operations.engine = Elsewhere()
            await engine.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Carry runs out, and turn time into runs: schedules, waits, runs that others accepted; send campaigns."""
        async with self.working():
            loops = [self.clockwork.run(), self.sender.run(), *([self.mirror.run()] if self.mirror else [])]
            tasks = [asyncio.create_task(loop) for loop in loops]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError):
                        await task
