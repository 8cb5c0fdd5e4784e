"""How long ten probes of 200 ms take side by side: the monitor with its records, beside bare concurrent requests.

    python bench/probes.py [--rounds 20]

A server of this machine answers each request after 200 ms. The monitor asks it through the whole way out (address
check, body cap, verdict) and stores every result; the rival is `asyncio.gather` over one bare HTTP client. Both are
asked in turn in the same process, and each prints one JSON line; the last line is the claim.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from opsbook.integrations.configuration import configure
from opsbook.integrations.monitor import Monitor
from opsbook.records.probes import Probes
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.clock import SystemClock
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import Integration, Status

PROBES, ANSWER_MS, BAR_MS = 10, 200, 260
BODY = json.dumps({"data": []}).encode()
REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(ANSWER_MS / 1000)
            writer.write(REPLY)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        writer.close()


def systems(base: str, http: HttpClient) -> dict[str, Integration]:
    """Ten systems of one kind, each with an id of its own."""
    found = {}
    for number in range(PROBES):
        system = configure({"claude": {"api_key": "made-up-key", "base_url": base}}, {}, http)["claude"]
        system.id = f"system_{number}"  # type: ignore[misc]
        found[system.id] = system
    return found


async def timed(rounds: int, ask: Callable[[], Awaitable[None]]) -> list[float]:
    await ask()  # libraries are loaded and tables are warm
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - began) * 1000)
    return took


async def measure(rounds: int, folder: Path) -> int:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    store = Store(f"sqlite:///{folder}/bench.db")
    metadata.create_all(store.engine)
    watched = systems(base, HttpClient(allow_loopback=True))
    monitor = Monitor(watched, Probes(store), SystemClock(), asyncio.sleep)

    async def by_monitor() -> None:
        reports = await monitor.check(list(watched))
        assert all(one.observation.status is Status.ONLINE for one in reports), reports

    async with httpx.AsyncClient() as client:

        async def bare() -> None:
            replies = await asyncio.gather(*(client.get(f"{base}/v1/models") for _ in range(PROBES)))
            assert all(reply.json() == {"data": []} for reply in replies)

        figures = {"bare httpx, gather": await timed(rounds, bare), "monitor": await timed(rounds, by_monitor)}
    for name, took in figures.items():
        row = {
            "bench": "probes",
            "who": name,
            "median_ms": round(statistics.median(took), 1),
            "worst_ms": round(max(took), 1),
        }
        print(json.dumps(row))
    store.close()
    server.close()
    figure = round(statistics.median(figures["monitor"]), 1)
    claim = {"claim": "ten probes of 200 ms side by side, stored", "figure": figure, "bar": f"<= {BAR_MS} ms"}
    print(json.dumps({**claim, "holds": figure <= BAR_MS}))
    return 0 if figure <= BAR_MS else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(parser.parse_args().rounds, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
