"""The systems of a deployment: how they are set and watched, where they call us, and what mirrors the records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsbook.app.inbox import Inbox
from opsbook.app.world import World
from opsbook.effects.mirror import Mirror
from opsbook.inbox.opt_outs import OptOuts
from opsbook.inbox.outcomes import Outcomes
from opsbook.inbox.receipts import Receipts
from opsbook.integrations.configuration import configure
from opsbook.integrations.hooks import entrances
from opsbook.integrations.monitor import Monitor
from opsbook.records.campaigns import Campaigns as CampaignRows
from opsbook.records.events import Events
from opsbook.records.mirrored import Mirrored
from opsbook.records.probes import Probes
from opsbook.records.receipts import Receipts as ReceiptRows
from opsbook.runs.inbound import Inbound
from opsbook.runs.operations import Operations
from opsbook.runs.services import Records
from opsbook.sdk.clock import Ids
from opsbook.sdk.integration import Integration, MaintenanceWindow
from opsbook.sdk.memory import Memory
from opsbook.settings import Settings


@dataclass(frozen=True)
class Systems:
    """The systems by id, what watches them and what was seen of them."""

    integrations: Mapping[str, Integration[Any]]
    monitor: Monitor
    probes: Probes


def systems_of(settings: Settings, world: World, records: Records) -> Systems:
    integrations = configure(_sections(settings), world.environment, world.http)
    probes, taken = Probes(records.store), records.effects.taken_since
    windows = [MaintenanceWindow(one.system, one.from_, one.until, one.reason) for one in settings.maintenance]
    monitor = Monitor(integrations, probes, world.clock, world.sleep, windows=windows, taken=taken)
    return Systems(integrations, monitor, probes)


def inbound(
    settings: Settings,
    world: World,
    integrations: Mapping[str, Integration[Any]],
    operations: Operations,
    inbox: Inbox,
    ids: Ids,
) -> Inbound:
    """The doors for events, and what happens behind them."""
    store, clock = operations.records.store, world.clock
    doors = entrances(integrations, settings.hooks, world.http)
    opt_outs, tell = OptOuts(store, clock), Outcomes(CampaignRows(store), inbox.threads, inbox.door).tell
    receipts = Receipts(ReceiptRows(store), opt_outs, tell, clock)
    pressed = inbox.approvals.pressed
    return Inbound(doors, Events(store), operations, opt_outs, receipts, pressed, clock, ids)


def mirror(integrations: Mapping[str, Integration[Any]], records: Records, world: World, writer: str) -> Mirror | None:
    """What follows the records into the store of the system that is told to mirror them."""
    for system in integrations.values():
        target = system.documents(world.sleep) if system.mirrors else None
        if target is not None:
            made = Mirrored(records.store)
            return Mirror(target, made, records.playbooks, records.runs, world.clock, world.sleep, writer)
    return None


def memory_of(integrations: Mapping[str, Integration[Any]]) -> Memory | None:
    """The memory of agents: that of the first system that is told to be one."""
    return next((found for system in integrations.values() if (found := system.memory())), None)


def _sections(settings: Settings) -> dict[str, Mapping[str, Any]]:
    """The systems' sections; the keys that models write with are those that the models' probes prove."""
    sections: dict[str, Mapping[str, Any]] = dict(settings.integrations)
    for system, key in (("claude", settings.anthropic_api_key), ("gemini", settings.gemini_api_key)):
        if key is not None:
            sections[system] = {"api_key": key.get_secret_value(), **sections.get(system, {})}
    return sections
