"""Where the rooms meet: each is made once and handed what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.agents.desk import Desk
from opsbook.agents.roster import load_roster
from opsbook.app.inbox import Inbox, inbox_of
from opsbook.app.models import meter, models
from opsbook.app.rooms import App
from opsbook.app.sending import sending_of
from opsbook.app.systems import Systems, inbound, memory_of, mirror, systems_of
from opsbook.app.world import World
from opsbook.effects.delivery import DryDoor
from opsbook.effects.remembering import Keeping
from opsbook.integrations.catalog import systems as known_systems
from opsbook.playbooks.catalog import Catalog
from opsbook.records.effects import Effects
from opsbook.records.playbooks import Playbooks
from opsbook.records.retries import Retries
from opsbook.records.runs import Runs
from opsbook.records.segments import Segments
from opsbook.records.slots import Slots
from opsbook.records.snapshots import Snapshots
from opsbook.records.store import Store
from opsbook.records.waits import Waits
from opsbook.runs.acceptance import Acceptance
from opsbook.runs.catalog import catalog
from opsbook.runs.clockwork import Clockwork
from opsbook.runs.engine import Elsewhere
from opsbook.runs.events import Bus
from opsbook.runs.operations import Operations
from opsbook.runs.remembering import Remembering
from opsbook.runs.segment import RunBody
from opsbook.runs.services import Records, Services
from opsbook.sdk.clock import Clock, Ids
from opsbook.sdk.memory import Memory
from opsbook.sdk.tool import Tool
from opsbook.settings import Settings
from opsbook.tools._found import build
from opsbook.tools._services import Services as ToolServices
from opsbook.tools.gateway import CallRow, Gateway
from opsbook.tools.mcp.outside import entries, outside_tools
from opsbook.tools.snapshotting import Snapshotter
from opsbook.warehouse import Warehouse
from opsbook.warehouse.contracts import changed
from opsbook.warehouse.sheets import sheet_named


def wired(settings: Settings, world: World, store: Store) -> App:
    """Every room, made from the settings on an open store. Nothing works yet, and nothing is asked of the network."""
    ids, records, bus = Ids(world.clock), _records(store), Bus()
    systems = systems_of(settings, world, records)
    operations = Operations(records, Acceptance(records, world.clock, ids), Elsewhere(), bus, world.clock)
    inbox = inbox_of(settings, world, ids, operations, systems.integrations)
    warehouse, snapshots = _warehouse(settings, world.clock), Snapshots(store)
    memory = memory_of(systems.integrations)
    desk = _desk(settings, world, store, ids, bus, memory)
    outside = outside_tools(settings.mcp.servers, settings.home, world.http, world.clock)
    tools = {**build(_tools(world, warehouse, snapshots, systems, inbox, desk)), **outside}
    services = Services(
        records=records,
        catalog=_catalog(settings),
        gateway=_gateway(tools, records.runs, ids, world),
        desk=desk,
        door=inbox.door,
        dry_door=DryDoor(inbox.people),
        threads=inbox.threads,
        approvals=inbox.approvals,
        alerting=inbox.alerting,
        people=inbox.people.names(),
        bus=bus,
        clock=world.clock,
        ids=ids,
        sleep=world.sleep,
        chance=world.chance,
        start_child=operations.start_child,
        before=Snapshotter(warehouse, snapshots, world.clock).before,
        tracer=world.tracer,
        after=_remembering(memory, inbox, records).after,
        public_url=(settings.public_url or "").rstrip("/"),
    )
    doors = inbound(settings, world, systems.integrations, operations, inbox, ids)
    slots = Slots(store)
    rounds = (doors.round, inbox.approvals.round)
    return App(
        settings=settings,
        world=world,
        ids=ids,
        catalog=services.catalog,
        gateway=services.gateway,
        store=store,
        records=records,
        warehouse=warehouse,
        systems=systems,
        snapshots=snapshots,
        slots=slots,
        inbox=inbox,
        sending=sending_of(settings, world, ids, store, inbox, warehouse),
        operations=operations,
        inbound=doors,
        clockwork=Clockwork(operations, slots, services.catalog, world.clock, world.sleep, rounds),
        mirror=mirror(systems.integrations, records, world, ids.new("mirror")),
        body=RunBody(services, operations.stops, operations.fresh, operations.over),
        desk=desk,
    )


def _records(store: Store) -> Records:
    return Records(store, Runs(store), Playbooks(store), Segments(store), Waits(store), Effects(store), Retries(store))


def _warehouse(settings: Settings, clock: Clock) -> Warehouse:
    contracts = {name: changed(sheet_named(name).contract, given) for name, given in settings.metrics.items()}
    return Warehouse(settings.warehouse, clock, definitions=settings.definitions, contracts=contracts)


def _desk(settings: Settings, world: World, store: Store, ids: Ids, bus: Bus, memory: Memory | None) -> Desk:
    asked = models(settings, meter(settings, world, store, ids, bus))
    roster = load_roster(settings.roster, entries(settings.mcp.servers, settings.home))
    return Desk(roster, asked, world.clock, memory.recall if memory else None)


def _remembering(memory: Memory | None, inbox: Inbox, records: Records) -> Remembering:
    keeping = Keeping(inbox.door.ledger, memory) if memory else None
    return Remembering(keeping, records.runs, records.effects)


def _tools(
    world: World, warehouse: Warehouse, snapshots: Snapshots, systems: Systems, inbox: Inbox, desk: Desk
) -> ToolServices:
    return ToolServices(
        warehouse=warehouse,
        monitor=systems.monitor,
        integrations=systems.integrations,
        snapshots=snapshots,
        probes=systems.probes,
        campaigns=inbox.campaigns,
        agents=desk.readiness,
        clock=world.clock,
    )


def _catalog(settings: Settings) -> Catalog:
    systems = known_systems(settings.integrations)
    return catalog(settings.roster, systems=systems, outside=entries(settings.mcp.servers, settings.home))


def _gateway(tools: Mapping[str, Tool[Any]], runs: Runs, ids: Ids, world: World) -> Gateway:
    return Gateway(tools, clock=world.clock, on_call=lambda row: _keep_call(runs, ids, row), tracer=world.tracer)


def _keep_call(runs: Runs, ids: Ids, row: CallRow) -> None:
    runs.keep_call(
        {
            "id": ids.new("call"),
            "run_id": row.run_id,
            "path": row.path,
            "kind": "tool",
            "name": row.name,
            "agent": row.agent,
            "started_at": row.started_at,
            "duration_ms": row.duration_ms,
            "ok": row.ok,
            "error_code": row.error_code,
        }
    )
