"""The composition root: the only place where the rooms meet. Everything else is handed what it needs.

async with open_app(settings) as app:      # the store is open and migrated; nothing works on runs yet
    async with app.working():              # this process carries runs out (one for each embedded store)
        accepted = await app.operations.start(Request("ops_daily_health_check"))
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from opsbook.agents.desk import Desk
from opsbook.agents.letters import unbacked
from opsbook.agents.models import TIERS, Models, ModelSettings, Tier
from opsbook.agents.prices import prices_with
from opsbook.agents.roster import load_roster
from opsbook.agents.spending import Meter
from opsbook.effects.delivery import Door, DryDoor
from opsbook.effects.ledger import Ledger
from opsbook.effects.mirror import Mirror
from opsbook.inbox.campaigns import Campaigns
from opsbook.inbox.notifications import Notifications
from opsbook.inbox.opt_outs import OptOuts
from opsbook.inbox.people import People, Person
from opsbook.inbox.threads import Threads
from opsbook.integrations.catalog import systems
from opsbook.integrations.configuration import configure
from opsbook.integrations.hooks import entrances
from opsbook.integrations.monitor import Monitor
from opsbook.playbooks.catalog import Catalog
from opsbook.records.alerts import Alerts
from opsbook.records.effects import Effects
from opsbook.records.events import Events
from opsbook.records.migrate import migrate
from opsbook.records.mirrored import Mirrored
from opsbook.records.model_requests import ModelRequests
from opsbook.records.playbooks import Playbooks
from opsbook.records.probes import Probes
from opsbook.records.retries import Retries
from opsbook.records.runs import Runs
from opsbook.records.segments import Segments
from opsbook.records.slots import Slots
from opsbook.records.snapshots import Snapshots
from opsbook.records.store import Store
from opsbook.records.waits import Waits
from opsbook.runs.acceptance import Acceptance
from opsbook.runs.alerts import Alerting
from opsbook.runs.catalog import catalog as deployment_catalog
from opsbook.runs.clockwork import Clockwork
from opsbook.runs.engine import Elsewhere, Engine
from opsbook.runs.events import Bus
from opsbook.runs.inbound import Inbound
from opsbook.runs.operations import Operations
from opsbook.runs.segment import RunBody
from opsbook.runs.services import Records, Services
from opsbook.sdk.clock import Clock, Ids, SystemClock
from opsbook.sdk.effects import Connector
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import Integration, MaintenanceWindow
from opsbook.settings import Settings
from opsbook.tools._found import build as build_tools
from opsbook.tools._services import Services as ToolServices
from opsbook.tools.gateway import CallRow, Gateway
from opsbook.tools.snapshotting import Snapshotter
from opsbook.warehouse import Warehouse
from opsbook.warehouse.contracts import changed
from opsbook.warehouse.sheets import sheet_named

Sleep = Callable[[float], Awaitable[None]]
MakeEngine = Callable[[Store, Clock], Engine]


@dataclass(frozen=True)
class World:
    """What a test may replace: time, chance, the network, the engine, what the environment says of the systems."""

    clock: Clock
    sleep: Sleep
    chance: random.Random
    http: HttpClient
    make_engine: MakeEngine
    environment: Mapping[str, str]


@dataclass(frozen=True)
class App:
    """Every room of one deployment, wired. `operations` is the door to runs."""

    settings: Settings
    world: World
    ids: Ids
    catalog: Catalog
    store: Store
    records: Records
    warehouse: Warehouse
    integrations: Mapping[str, Integration[Any]]
    monitor: Monitor
    probes: Probes
    snapshots: Snapshots
    alerts: Alerts
    slots: Slots
    people: People
    threads: Threads
    campaigns: Campaigns
    notifications: Notifications
    operations: Operations
    inbound: Inbound
    clockwork: Clockwork
    mirror: Mirror | None
    body: RunBody
    desk: Desk

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
        """Carry runs out, and turn time into runs: schedules, waits, runs that others accepted."""
        async with self.working():
            loops = [self.clockwork.run(), *([self.mirror.run()] if self.mirror else [])]
            tasks = [asyncio.create_task(loop) for loop in loops]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError):
                        await task


def the_world(settings: Settings, **replaced: Any) -> World:
    """The real one, but for what is replaced."""
    clock = replaced.get("clock") or SystemClock()
    return World(
        clock,
        replaced.get("sleep") or asyncio.sleep,
        replaced.get("chance") or random.SystemRandom(),
        replaced.get("http") or HttpClient(allow_loopback=settings.allow_loopback, clock=clock),
        replaced.get("make_engine") or _durable_engine,
        replaced.get("environment", os.environ),
    )


@asynccontextmanager
async def open_app(settings: Settings, world: World | None = None) -> AsyncIterator[App]:
    """Open the store, bring it to the newest schema and wire the rooms. Nothing is carried out yet."""
    world = world or the_world(settings)
    if settings.database_url is None:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(settings.url)
    try:
        await asyncio.to_thread(migrate, store)
        yield _wired(settings, world, store)
    finally:
        await world.http.close()
        await asyncio.to_thread(store.close)


def _wired(settings: Settings, world: World, store: Store) -> App:
    catalog, clock, ids = _catalog(settings), world.clock, Ids(world.clock)
    effects, probes, snapshots, alerts = Effects(store), Probes(store), Snapshots(store), Alerts(store)
    records = Records(store, Runs(store), Playbooks(store), Segments(store), Waits(store), effects, Retries(store))
    integrations = configure(_sections(settings), world.environment, world.http)
    monitor = Monitor(integrations, probes, clock, world.sleep, windows=_windows(settings), taken=effects.taken_since)
    warehouse, people = _warehouse(settings, world.clock), _people(settings, integrations)
    threads, notifications = Threads(store, people, clock, ids), Notifications(store, clock, ids)
    campaigns = Campaigns(store, clock, ids, settings.postal_address, settings.public_url, check=unbacked)
    carriers = _connectors(integrations, notifications, settings.email_order)
    door = Door(Ledger(effects, clock, world.sleep), carriers, people)
    bus, desk = Bus(), Desk(load_roster(settings.roster), _models(settings, _meter(settings, world, store, ids)), clock)
    tool_services = ToolServices(warehouse, monitor, integrations, snapshots, probes, campaigns, desk.readiness, clock)
    gateway = Gateway(build_tools(tool_services), clock=clock, on_call=lambda row: _keep_call(records.runs, ids, row))
    operations = Operations(records, Acceptance(records, clock, ids), Elsewhere(), bus, clock)
    alerting = Alerting(alerts, door, threads, settings.watchers or tuple(settings.people), clock, ids)
    services = Services(
        records,
        catalog,
        gateway,
        desk,
        door,
        DryDoor(people),
        threads,
        alerting,
        people.names(),
        bus,
        clock,
        ids,
        world.sleep,
        world.chance,
        operations.start_child,
        Snapshotter(warehouse, snapshots, clock).before,
    )
    slots, inbound = Slots(store), _inbound(settings, world, integrations, operations, ids)
    return App(
        settings,
        world,
        ids,
        catalog,
        store,
        records,
        warehouse,
        integrations,
        monitor,
        probes,
        snapshots,
        alerts,
        slots,
        people,
        threads,
        campaigns,
        notifications,
        operations,
        inbound,
        Clockwork(operations, slots, catalog, clock, world.sleep, (inbound.round,)),
        _mirror(integrations, records, world, ids.new("mirror")),
        RunBody(services, operations.stops, operations.fresh, operations.over),
        desk,
    )


def _catalog(settings: Settings) -> Catalog:
    return deployment_catalog(settings.roster, systems=systems(settings.integrations))


def _inbound(
    settings: Settings, world: World, integrations: Mapping[str, Integration[Any]], operations: Operations, ids: Ids
) -> Inbound:
    """The doors for events, and what happens behind them."""
    store, clock = operations.records.store, world.clock
    doors = entrances(integrations, settings.hooks, world.http)
    return Inbound(doors, Events(store), operations, OptOuts(store, clock), clock, ids)


def _mirror(integrations: Mapping[str, Integration[Any]], records: Records, world: World, writer: str) -> Mirror | None:
    """What follows the records into the store of the system that is told to mirror them."""
    for system in integrations.values():
        target = system.documents(world.sleep) if system.mirrors else None
        if target is not None:
            made = Mirrored(records.store)
            return Mirror(target, made, records.playbooks, records.runs, world.clock, world.sleep, writer)
    return None


def _durable_engine(store: Store, clock: Clock) -> Engine:
    from opsbook.runs.durable import DurableEngine  # noqa: PLC0415 the engine's library takes a second to import

    return DurableEngine(store, clock)


def _sections(settings: Settings) -> dict[str, Mapping[str, Any]]:
    """The systems' sections; the keys that models write with are those that the models' probes prove."""
    sections: dict[str, Mapping[str, Any]] = dict(settings.integrations)
    for system, key in (("claude", settings.anthropic_api_key), ("gemini", settings.gemini_api_key)):
        if key is not None:
            sections[system] = {"api_key": key.get_secret_value(), **sections.get(system, {})}
    return sections


def _warehouse(settings: Settings, clock: Clock) -> Warehouse:
    contracts = {name: changed(sheet_named(name).contract, given) for name, given in settings.metrics.items()}
    return Warehouse(settings.warehouse, clock, definitions=settings.definitions, contracts=contracts)


def _windows(settings: Settings) -> list[MaintenanceWindow]:
    return [MaintenanceWindow(one.system, one.from_, one.until, one.reason) for one in settings.maintenance]


def _people(settings: Settings, integrations: Mapping[str, Integration[Any]]) -> People:
    known = {
        name: Person(name, person.email, person.slack_user, person.roles, person.phone)
        for name, person in settings.people.items()
    }
    slack = integrations["slack"].config
    return People(known, slack_channel=slack.alert_channel if slack else None)


def _connectors(
    integrations: Mapping[str, Integration[Any]], notifications: Notifications, email_order: Sequence[str]
) -> dict[str, list[Connector]]:
    """The ways out by channel: systems in the order for mail, the others after them by id; the dashboard is our own.

    What stands in for a way out is one only where there is no other: a message that it took has reached nobody.
    """
    found: dict[str, list[Connector]] = {notifications.channel: [notifications]}
    place = {key: number for number, key in enumerate(email_order)}
    ordered = sorted(integrations.values(), key=lambda one: (one.stands_in, place.get(one.id, len(place)), one.id))
    for system in ordered:
        for connector in system.connectors():
            if not (system.stands_in and connector.channel in found):
                found.setdefault(connector.channel, []).append(connector)
    return found


def _meter(settings: Settings, world: World, store: Store, ids: Ids) -> Meter:
    prices = prices_with(settings.model_prices)
    return Meter(ModelRequests(store), world.clock, ids, prices, world.http.redactor.clean)


def _models(settings: Settings, meter: Meter) -> Models:
    chosen = {
        "economy": settings.model_economy,
        "premium_reasoning": settings.model_premium,
        "flagship": settings.model_flagship,
    }
    tiers = {name: Tier(chosen[name] or tier.claude, tier.gemini) for name, tier in TIERS.items()}
    addresses = {name: settings.integrations.get(name, {}).get("base_url") for name in ("claude", "gemini")}
    return Models(
        ModelSettings(
            settings.anthropic_api_key.get_secret_value() if settings.anthropic_api_key else None,
            settings.gemini_api_key.get_secret_value() if settings.gemini_api_key else None,
            addresses["claude"],
            addresses["gemini"],
            tiers,
        ),
        meter,
    )


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
