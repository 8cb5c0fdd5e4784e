"""The rival: DBOS alone, five steps a workflow, one of its steps for each step, in one of its three styles.

    python -m bench._raw_dbos <serial|threads|async> <folder> <runs> <at once>

Its best setting on SQLite, the same as ours: WAL, full synchronisation, immediate transactions, through an engine
that is handed in. It prints one JSON line: `{"style", "runs", "seconds", "cpu_seconds"}`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dbos import DBOS, DBOSConfig
from dbos import DBOSPortableJSONSerializer as PortableJson

from opsbook.records.store import Store


@DBOS.step()
def step(number: int) -> int:
    return number


@DBOS.step()
async def step_async(number: int) -> int:
    return number


@DBOS.workflow()
def workflow(run: int) -> int:
    return sum(step(number) for number in range(5))


@DBOS.workflow()
async def workflow_async(run: int) -> int:
    return sum([await step_async(number) for number in range(5)])


def serial(runs: int, at_once: int) -> None:
    for run in range(runs):
        workflow(run)


def threads(runs: int, at_once: int) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(workflow, range(runs)))


async def gathered(runs: int, at_once: int) -> None:
    places = asyncio.Semaphore(at_once)

    async def one(run: int) -> None:
        async with places:
            await workflow_async(run)

    await asyncio.gather(*(one(run) for run in range(runs)))


def carry_out(style: str, runs: int, at_once: int) -> None:
    if style == "async":
        asyncio.run(gathered(runs, at_once))
    elif style == "threads":
        threads(runs, at_once)
    else:
        serial(runs, at_once)


def main(style: str, folder: str, runs: int, at_once: int) -> None:
    store = Store(f"sqlite:///{Path(folder) / 'raw.db'}")
    DBOS(
        config=DBOSConfig(
            name="raw",
            system_database_url=store.url.render_as_string(hide_password=False),
            system_database_engine=store.engine,
            application_version="raw-1",
            serializer=PortableJson(),
            max_executor_threads=32,
            log_level="ERROR",
        )
    )
    DBOS.launch()
    carry_out(style, max(10, runs // 10), at_once)  # warm: connections, caches, the first pages of the file
    began, used = time.perf_counter(), time.process_time()
    carry_out(style, runs, at_once)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"style": style, "runs": runs, "seconds": seconds, "cpu_seconds": cpu}))
    DBOS.destroy()
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
