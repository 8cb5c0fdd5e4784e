"""The tools over a warehouse and snapshots of their own, called as the gateway calls them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from opsbook.records.migrate import migrate
from opsbook.records.snapshots import Snapshots
from opsbook.records.store import Store
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.tool import ToolContext, ToolResult
from opsbook.tools._found import build
from opsbook.tools._services import Services
from opsbook.tools.gateway import Gateway
from opsbook.tools.snapshotting import Snapshotter
from opsbook.warehouse import Warehouse
from warehouse.companies import AS_OF, LAX, put

NEW_YORK = ZoneInfo("America/New_York")
TODAY = AS_OF.astimezone(NEW_YORK).date()


@dataclass
class Served:
    """`call` answers the whole result; `load` puts rows into a table."""

    folder: Path
    clock: SteppedClock
    warehouse: Warehouse
    snapshots: Snapshots

    def load(self, **tables: Sequence[Mapping[str, Any]]) -> None:
        for table, rows in tables.items():
            put(self.warehouse, self.folder, table, rows)

    async def call(self, name: str, *, at: datetime = AS_OF, **args: Any) -> ToolResult:
        nothing = cast(Any, None)  # these tools ask neither systems nor campaigns
        services = Services(self.warehouse, nothing, {}, self.snapshots, nothing, nothing, list, self.clock)
        context = ToolContext(at, NEW_YORK, "run_1", "0", "key_1")
        return await Gateway(build(services), clock=self.clock).call(name, args, context)

    async def snapshot(self, at: datetime) -> None:
        run = {"id": "run_0", "as_of": at, "timezone": "America/New_York"}
        await Snapshotter(self.warehouse, self.snapshots, self.clock).before(run)


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    store = Store(f"sqlite:///{folder / 'records.db'}")
    migrate(store)
    clock = SteppedClock(AS_OF)
    try:
        yield Served(folder, clock, Warehouse(folder / "warehouse", clock, contracts=LAX), Snapshots(store))
    finally:
        store.close()


def contract(key: str, organization: str, cents: int, began: datetime, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "organization_id": organization,
        "status": "active",
        "amount_cents": cents,
        "interval_months": 1,
        "started_at": began,
        "ended_at": None,
        **more,
    }
