"""How long the platform's collections take to read from Google's Firestore emulator, at first and when little changed.

`N` orders (200,000) of `N`/20 organisations, read through `sync` like everybody's: everything at first, then nothing
new, then `CHANGED` changed orders. The emulator holds all of it in memory and is far slower than the service; what
counts beside the times is how many documents each sync reads, since the service bills them. Our own share is the
processor time of this process; the emulator runs in its own.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bench._telling import claim, machine, scale, table
from opsbook.integrations.configuration import configure
from opsbook.sdk.documents import DocumentStore
from opsbook.sdk.http import HttpClient
from opsbook.warehouse import Warehouse
from opsbook.warehouse.sources.firestore import Synced, sync
from opsbook.warehouse.sources.firestore.collections import chosen
from peers.firestore import Database, emulator, fields

BEGIN, CHANGED = datetime(2026, 1, 1, tzinfo=UTC), 100


def main() -> int:
    orders = scale(200_000)
    organizations = max(1, orders // 20)
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "emulator").mkdir()
        peer = emulator(Path(name) / "emulator")
        peer.megabytes = 6000
        try:
            if not peer.start():
                sys.exit("The emulator did not start.")
            database = Database(peer.host, "bench-1")
            began = time.monotonic()
            seed(database, organizations, orders)
            print(f"{organizations} organisations, {orders} orders; {machine()}")
            print(f"written to the emulator in {time.monotonic() - began:.0f} s", flush=True)
            return 0 if measure(database, Path(name) / "warehouse", organizations + orders) else 1
        finally:
            peer.stop()


def measure(database: Database, folder: Path, documents: int) -> bool:
    system = configure({"firestore": database.settings}, {}, HttpClient(allow_loopback=True))["firestore"]
    store = system.documents(asyncio.sleep)
    assert store is not None
    warehouse = Warehouse(folder)
    rows = [timed("everything", store, warehouse), timed("nothing new", store, warehouse)]
    moment = f"@{datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    database.write(
        {f"orders/r{number:07}": fields({**order(number, 1), "updatedAt": moment}) for number in range(CHANGED)}
    )
    rows.append(timed(f"{CHANGED} changed", store, warehouse))
    table(("sync", "documents read", "rows loaded", "seconds", "our processor seconds"), rows)
    held = sum(one.rows for name in ("organizations", "orders") if (one := warehouse.held(name)))
    return all(
        [
            claim("a first sync of Firestore holds every document", held / documents, 1.0, at_least=True),
            claim("documents that a sync without changes reads", rows[1][1], 0, at_least=False),
            claim(f"documents that a sync after {CHANGED} changes reads", rows[2][1], CHANGED, at_least=False),
            claim(f"rows that a sync after {CHANGED} changes loads", rows[2][2], CHANGED, at_least=True),
        ]
    )


def timed(what: str, store: DocumentStore, warehouse: Warehouse) -> tuple[Any, ...]:
    began, worked = time.monotonic(), time.process_time()
    done: list[Synced] = asyncio.run(sync(store, warehouse, chosen(["organizations", "orders"])))
    read = sum(one.read for one in done)
    loaded = sum(one.loading.loaded for one in done if one.loading)
    print(f"{what}: {read} read", flush=True)
    return what, read, loaded, time.monotonic() - began, time.process_time() - worked


def seed(database: Database, organizations: int, orders: int) -> None:
    database.write(
        {
            f"organizations/o{number}": fields(
                {"name": f"Organisation {number}", "type": "brand", "status": "active", "createdAt": at(number)}
            )
            for number in range(organizations)
        }
    )
    for begin in range(0, orders, 10_000):
        some = range(begin, min(begin + 10_000, orders))
        database.write({f"orders/r{number:07}": fields(order(number, organizations)) for number in some})


def order(number: int, organizations: int) -> dict[str, Any]:
    return {
        "brandId": f"o{number % organizations}",
        "userId": f"u{number % 9973}",
        "totals": {"total": 5 + number % 200 + 0.5},
        "items": [{"name": f"Product {number % 40}", "category": "flower"}],
        "status": "completed",
        "mode": "live",
        "createdAt": at(number),
    }


def at(number: int) -> str:
    return f"@{BEGIN + timedelta(minutes=number % 400_000):%Y-%m-%dT%H:%M:%SZ}"


if __name__ == "__main__":
    sys.exit(main())
