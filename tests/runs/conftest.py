"""A house for runs: real store, real records, real engines, tools and a mail provider that the test can steer."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inbox.approving import approvals_on
from opsbook.agents.desk import Desk
from opsbook.agents.models import Models, ModelSettings
from opsbook.agents.roster import Agent, FrontMatter, Roster
from opsbook.agents.spending import Meter
from opsbook.effects.delivery import Door, DryDoor
from opsbook.effects.ledger import Ledger
from opsbook.inbox.approvals import Approvals
from opsbook.inbox.notifications import Notifications
from opsbook.inbox.people import People, Person
from opsbook.inbox.threads import Threads
from opsbook.playbooks.catalog import Catalog, ToolEntry
from opsbook.playbooks.load import load_playbook
from opsbook.records.alerts import Alerts
from opsbook.records.effects import Effects
from opsbook.records.migrate import migrate
from opsbook.records.model_requests import ModelRequests
from opsbook.records.playbooks import Playbooks
from opsbook.records.retries import Retries
from opsbook.records.runs import Runs
from opsbook.records.segments import Segments
from opsbook.records.slots import Slots
from opsbook.records.store import Store
from opsbook.records.waits import Waits
from opsbook.runs.acceptance import Acceptance, Request
from opsbook.runs.alerts import Alerting
from opsbook.runs.clockwork import Clockwork
from opsbook.runs.durable import DurableEngine
from opsbook.runs.engine import Engine, SegmentId
from opsbook.runs.events import Bus
from opsbook.runs.memory import MemoryEngine
from opsbook.runs.operations import Operations, record_of
from opsbook.runs.segment import RunBody
from opsbook.runs.services import Records, Services
from opsbook.sdk.clock import Ids, SteppedClock
from opsbook.sdk.effects import ConnectorClass, Lost, Parcel, Receipt, Refused
from opsbook.sdk.errors import RetryLater
from opsbook.sdk.tool import EffectClass, Tool, ToolArgs, ToolContext, ToolResult
from opsbook.sdk.values import Unknown, measured
from opsbook.steps._found import grammars
from opsbook.tools.gateway import Gateway

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)  # a Tuesday, 09:00 in New York
TOOLS = frozenset({"ask", "act"})
ROSTER = Roster(
    {
        "leo": Agent("leo", FrontMatter(title="Leads", tools=TOOLS, may_delegate_to=frozenset({"linus"})), ""),
        "linus": Agent("linus", FrontMatter(title="Looks", tools=TOOLS, answers_with="ask"), ""),
    }
)
ENGINES: dict[str, Callable[[Store, Any], Engine]] = {
    "memory": lambda store, clock: MemoryEngine(),
    "durable": DurableEngine,
}


@dataclass
class Steered:
    """What the test's tools and provider do, and what they saw."""

    answers: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    acted: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    held: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)


class AskArgs(ToolArgs):
    name: str = "it"
    hold: bool = False


class Ask(Tool[AskArgs]):
    name, effect, summary, Args = "ask", EffectClass.READ, "Answers what the test says.", AskArgs

    def __init__(self, steered: Steered) -> None:
        self.steered = steered

    async def run(self, args: AskArgs, context: ToolContext) -> ToolResult:
        steered = self.steered
        steered.calls.append(args.name)
        steered.asked.set()
        steered.at_once += 1
        steered.most_at_once = max(steered.most_at_once, steered.at_once)
        try:
            await asyncio.sleep(0)
            if args.hold and steered.held is not None:
                await steered.held.wait()
            if steered.failures.get(args.name, 0) > 0:
                steered.failures[args.name] -= 1
                raise RetryLater("The other side is busy.", code="busy")
            value = steered.answers.get(args.name, args.name)
            if value is ...:
                value = Unknown("nobody knows").as_json()
            figures = {"asked": measured(steered.calls.count(args.name))}
            return ToolResult(value, context.as_of, "a test", figures=figures)
        finally:
            steered.at_once -= 1


class Act(Tool[AskArgs]):
    name, effect, summary, Args = "act", EffectClass.WRITE, "Does a thing once for each key.", AskArgs

    def __init__(self, steered: Steered) -> None:
        self.steered = steered

    async def run(self, args: AskArgs, context: ToolContext) -> ToolResult:
        if context.effect_key not in self.steered.acted:
            self.steered.acted.append(context.effect_key)
        return ToolResult({"done": args.name}, context.as_of, "a test")

    async def preview(self, args: AskArgs, context: ToolContext) -> ToolResult:
        return ToolResult({"would_do": args.name}, context.as_of, "a test")


@dataclass
class Mail:
    """A provider of any class; `fault` says what becomes of the next mail."""

    effect_class: ConnectorClass = ConnectorClass.D
    name: str = "mail"
    channel: str = "email"
    search_after: timedelta = timedelta(seconds=60)
    arrived: list[Parcel] = field(default_factory=list)
    fault: str | None = None

    async def send(self, parcel: Parcel) -> Receipt:
        fault, self.fault = self.fault, None
        if fault == "refused":
            raise Refused("550", "No such mailbox.")
        self.arrived.append(parcel)
        if fault == "lost":
            raise Lost("The connection broke after the message had left.")
        return Receipt(f"id-{len(self.arrived)}")

    async def find(self, key: str) -> Receipt | None:
        return next((Receipt("found") for parcel in self.arrived if parcel.key == key), None)


@dataclass
class House:
    """One deployment in the small. `run` starts a playbook and waits for its end."""

    store: Store
    clock: SteppedClock
    records: Records
    catalog: Catalog
    operations: Operations
    clockwork: Clockwork
    threads: Threads
    alerts: Alerts
    slots: Slots
    notifications: Notifications
    engine: Engine
    body: RunBody
    steered: Steered
    mail: Mail
    approvals: Approvals

    def publish(self, text: str) -> str:
        playbook = load_playbook(text, self.catalog)
        self.operations.publish(playbook, text, "a test")
        return playbook.id

    async def start(self, text: str, **more: Any) -> str:
        accepted = await self.operations.start(Request(self.publish(text), **more))
        return str(accepted.run["id"])

    async def run(self, text: str, **more: Any) -> dict[str, Any]:
        return await self.ended(await self.start(text, **more))

    async def ended(self, run_id: str) -> dict[str, Any]:
        """The run's record once its segment has come to an end."""
        row = self.operations.get(run_id)
        await self.engine.settled(SegmentId(run_id, row["segment"]))
        return self.record(run_id)

    def record(self, run_id: str) -> dict[str, Any]:
        return record_of(
            self.operations.get(run_id), self.records.runs.steps(run_id), self.records.effects.of_run(run_id)
        )


@asynccontextmanager
async def house_of(
    file: Path,
    kind: str = "memory",
    clock: SteppedClock | None = None,
    steered: Steered | None = None,
    mail: Mail | None = None,
    opened: Callable[[Store], None] = lambda store: None,
    models: Callable[[Meter], Models] = lambda meter: Models(ModelSettings(), meter),
) -> AsyncIterator[House]:
    """A house on the store in `file`; opened again on the same file it is the same deployment after a restart."""
    clock = clock or SteppedClock(AT)
    store = Store(f"sqlite:///{file}")
    migrate(store)
    opened(store)
    engine = ENGINES[kind](store, clock)
    house = _wired(store, clock, engine, steered or Steered(), mail or Mail(), models)
    await engine.launch(house.body)
    try:
        yield house
    finally:
        await engine.close()
        store.close()


def _wired(
    store: Store,
    clock: SteppedClock,
    engine: Engine,
    steered: Steered,
    mail: Mail,
    models: Callable[[Meter], Models],
) -> House:
    ids = Ids(clock, random.Random(os.urandom(8)))
    tools = {tool.name: tool for tool in (Ask(steered), Act(steered))}
    entries = {name: ToolEntry(name, tool.effect.value, tool.Args) for name, tool in tools.items()}
    catalog = Catalog(grammars(), entries, ROSTER.entries(), frozenset({"dashboard", "email", "slack"}))
    records = Records(
        store, Runs(store), Playbooks(store), Segments(store), Waits(store), Effects(store), Retries(store)
    )
    people = People(
        {
            "owner": Person("owner", "owner@example.com", roles=("approver",)),
            "ops": Person("ops", "ops@example.com", roles=("approver",)),
            "boss": Person("boss", "boss@example.com"),
        }
    )
    threads, notifications = Threads(store, people, clock, ids), Notifications(store, clock, ids)

    async def sleep(seconds: float) -> None:
        clock.forward(timedelta(seconds=seconds))

    door = Door(Ledger(records.effects, clock, sleep), {"email": [mail], "dashboard": [notifications]}, people)
    bus, alerts = Bus(), Alerts(store)
    operations = Operations(records, Acceptance(records, clock, ids), engine, bus, clock)
    approvals = approvals_on(store, clock, ids, people, door=door, wake=operations.wake)
    services = Services(
        records,
        catalog,
        Gateway(tools, clock=clock),
        Desk(ROSTER, models(Meter(ModelRequests(store), clock, ids)), clock),
        door,
        DryDoor(people),
        threads,
        approvals,
        Alerting(alerts, door, threads, ("owner",), clock, ids),
        people.names(),
        bus,
        clock,
        ids,
        sleep,
        random.Random(7),
        operations.start_child,
        _nothing_before,
    )
    body = RunBody(services, operations.stops, operations.fresh, operations.over)
    slots = Slots(store)
    clockwork = Clockwork(operations, slots, catalog, clock, sleep, (approvals.round,))
    return House(
        store, clock, records, catalog, operations, clockwork, threads, alerts, slots, notifications, engine, body,
        steered, mail, approvals,
    )  # fmt: skip


async def _nothing_before(run: Any) -> None:
    return None


async def fresh_store(file: Path) -> None:
    """Make a store that has every table, the engine's too: copied, it saves a test its migrations."""
    async with house_of(file, "durable"):
        pass


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "opsbook.db"
    asyncio.run(fresh_store(file))
    return file


@pytest.fixture(params=["memory", "durable"])
async def house(request: pytest.FixtureRequest, tmp_path: Path, template: Path) -> AsyncIterator[House]:
    shutil.copy(template, tmp_path / "opsbook.db")
    async with house_of(tmp_path / "opsbook.db", request.param) as opened:
        yield opened
