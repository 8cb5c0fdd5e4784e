"""All figures of the weekly growth review of a million organisations: how long, and with how much memory.

`N` organisations (a million) with five orders and ten events each. The tools of the review are asked as its steps ask
them, one after the other in a process of its own, and the silent organisations beside them; revenue is compared with
stored snapshots of seven and of 28 days before. Loading and the snapshots are made before and not measured.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from bench._platform import AS_OF, write
from bench._telling import claim, machine, scale, table
from opsbook.records.migrate import migrate
from opsbook.records.snapshots import Snapshots
from opsbook.records.store import Store
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.tool import ToolContext
from opsbook.sdk.values import Unknown, unknown_in
from opsbook.tools._found import build
from opsbook.tools._services import Services
from opsbook.tools.gateway import Gateway
from opsbook.warehouse import Warehouse
from opsbook.warehouse.revenue import reconstruct_mrr

ZONE = ZoneInfo("America/New_York")
BASELINES = (7, 28)  # days back
MOST_SECONDS, MOST_GIB = 20.0, 2.0
CALLS: dict[str, dict[str, Any]] = {
    "getSignupAnalytics": {"days": 7, "by": ["cohort", "source", "funnel"]},
    "getRevenueMetrics": {"days": 7},
    "getAtRiskOrganizations": {"login_days": 14, "campaign_days": 30, "match": "any"},
    "findInactiveOrganizations": {"days": 7, "match": "all"},
}


def opened(folder: Path) -> tuple[Warehouse, Store]:
    return Warehouse(folder / "warehouse", SteppedClock(AS_OF)), Store(f"sqlite:///{folder / 'records.db'}")


async def prepare(folder: Path, organizations: int) -> None:
    """Load the platform and take the snapshots that the review compares with."""
    warehouse, store = opened(folder)
    for name, path in write(folder, organizations).items():
        warehouse.load(name, path)
        path.unlink()
    with closing(store):
        migrate(store)
        for days in BASELINES:
            day = (AS_OF - timedelta(days=days)).astimezone(ZONE).date()
            mrr = reconstruct_mrr(warehouse, day, ZONE)
            assert not isinstance(mrr, Unknown)
            await Snapshots(store).take_mrr(day, mrr, taken_at=AS_OF, reconstructed=True)


async def review(folder: Path) -> dict[str, Any]:
    """Seconds of each tool, how many of the figures beside their answers are unknown, and the memory at its highest."""
    warehouse, store = opened(folder)
    nothing = cast(Any, None)  # these tools ask neither systems nor campaigns
    clock = SteppedClock(AS_OF)
    services = Services(warehouse, nothing, {}, Snapshots(store), nothing, nothing, list, clock)
    gateway = Gateway(build(services), clock=clock)
    context = ToolContext(AS_OF, ZONE, "run_1", "0", "key_1")
    seconds, unknown = {}, 0
    with closing(store):
        for name, args in CALLS.items():
            began = time.perf_counter()
            found = await gateway.call(name, args, context)
            seconds[name] = time.perf_counter() - began
            unknown += sum(1 for figure in found.figures.values() if unknown_in(figure))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": seconds, "unknown": unknown, "peak_gib": peak}


def in_a_fresh_process(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.review", "measured", str(folder)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, Any] = json.loads(said)
    return found


def main() -> int:
    if sys.argv[1:2] == ["measured"]:
        print(json.dumps(asyncio.run(review(Path(sys.argv[2])))))
        return 0
    organizations = scale(1_000_000)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        asyncio.run(prepare(folder, organizations))
        found = in_a_fresh_process(folder)
    print(machine())
    rows = [(name, seconds) for name, seconds in found["seconds"].items()]
    table((f"{organizations:,} organisations", "seconds"), [*rows, ("peak memory, GiB", found["peak_gib"])])
    total = sum(found["seconds"].values())
    held = [
        claim("figures of the weekly review that are unknown", found["unknown"], 0, at_least=False),
        claim("all figures of the weekly review, seconds", total, MOST_SECONDS, at_least=False),
        claim("their memory at its highest, GiB", found["peak_gib"], MOST_GIB, at_least=False),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
