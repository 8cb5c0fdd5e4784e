"""A meter over a store of its own, for models that are asked in tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from opsbook.agents.prices import Price, prices_with
from opsbook.agents.roster import Agent, load_roster
from opsbook.agents.spending import Charge, Meter
from opsbook.records.model_requests import ModelRequests
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.clock import Ids, SteppedClock
from opsbook.sdk.step import Allowance, RunFacts

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)


@contextmanager
def a_meter(folder: Path, prices: Mapping[str, Price] | None = None) -> Iterator[Meter]:
    store = Store(f"sqlite:///{folder}/models.db")
    metadata.create_all(store.engine)
    clock = SteppedClock(AT)
    try:
        yield Meter(ModelRequests(store), clock, Ids(clock), prices_with(prices or {}))
    finally:
        store.close()


def a_charge(
    allowance: Allowance | None = None,
    *,
    run_id: str = "run_1",
    path: str = "report",
    agent: Agent | None = None,
    at: datetime = AT,
) -> Charge:
    zone = ZoneInfo("America/New_York")
    run = RunFacts(run_id, "ops_daily", "Daily check", at, zone, False, "schedule", allowance or Allowance())
    return Charge(run, path, agent or budgeted(), "report")


def budgeted(**limits: object) -> Agent:
    """Leo with limits of a test's own on one piece of work; without any, as good as none."""
    leo = load_roster().get("leo")
    wide: dict[str, object] = {"requests": 50, "tokens": 2_000_000, "usd_per_task": None}
    budget = leo.can.budget.model_copy(update={**wide, **limits})
    return Agent(leo.id, leo.can.model_copy(update={"budget": budget}), leo.instructions)
