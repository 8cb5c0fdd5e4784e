"""The durable engine: DBOS behind the port. The only module that knows it.

A segment is a workflow whose id is the segment's; a checkpoint is one of its steps; a branch is a child workflow.
Retries, schedules, waits and deduplication are ours, above the port: DBOS holds what a run needs to continue, no more.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import socket
import uuid
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path
from typing import IO, Any, cast

from dbos import DBOS, DBOSConfig, SetWorkflowID, StepOptions, WorkflowHandleAsync
from dbos import DBOSPortableJSONSerializer as PortableJson
from dbos._serialization import DefaultSerializer

from opsbook.records.store import Store
from opsbook.records.takeover import Takeover
from opsbook.runs.engine import Body, BranchId, SegmentId
from opsbook.sdk.clock import Clock
from opsbook.sdk.errors import Conflict, NeverWorks
from opsbook.sdk.values import Json, plain

APPLICATION = "opsbook"
VERSION = "engine-1"  # raised by hand, only when a recorded run can no longer be repeated by this code
RUNS, BRANCHES = "runs", "branches"
AT_ONCE = 32  # segments carried out at once in one process; more of them wait in the queue
MOST_RESULT = 4 * 1024 * 1024

log = logging.getLogger("opsbook.engine")


class DurableEngine:
    """One process's engine on one store. Launch it inside the event loop that the product runs on."""

    def __init__(self, store: Store, clock: Clock, at_once: int = AT_ONCE) -> None:
        self.store = store
        self.clock = clock
        self.at_once = at_once
        self.executor_id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4()}"
        self._lock: IO[str] | None = None
        self._handles: dict[str, asyncio.Task[Any]] = {}
        self._leaving = False

    async def launch(self, body: Body) -> None:
        """See the port. On an embedded store the file lock is taken first: one server for one file."""
        if self.store.file is not None:
            self._lock = lock_beside(self.store.file)
        _refuse_pickle()
        _bodies.append(body)
        DBOS(config=self._config())
        DBOS.launch()
        await DBOS.register_queue_async(RUNS, worker_concurrency=self.at_once, polling_interval_sec=0.2)
        await DBOS.register_queue_async(BRANCHES, worker_concurrency=self.at_once, polling_interval_sec=0.2)
        takeover = Takeover(self.store)
        if self._lock is not None:
            now_ms = int(self.clock.now().timestamp() * 1000)
            taken = takeover.requeue_all_but(self.executor_id, APPLICATION, RUNS, BRANCHES, now_ms)
            if taken:
                log.info("PlaybookRunner takes over %d unfinished segments", len(taken))
            for name in taken:
                self._follow(name, await DBOS.retrieve_workflow_async(name))
        if stranded := takeover.of_foreign_version(VERSION):
            log.warning("%d unfinished segments belong to another engine version and will not be taken up", stranded)

    async def submit(self, segment: SegmentId) -> None:
        """Start it here when there is a free place, else queue it. Its fixed id makes a repeat harmless.

        In a context of its own: whoever submits from inside a segment (a child run, the next segment of a run that
        waited for this one) starts a workflow beside that one, not below it.
        """
        if str(segment) not in self._handles:
            await asyncio.create_task(self._begin(segment), context=Context())

    async def _begin(self, segment: SegmentId) -> None:
        name = str(segment)
        with SetWorkflowID(name):
            if len(self._handles) < self.at_once:
                handle = await DBOS.start_workflow_async(_segment, segment.run_id, segment.number)
            else:
                handle = await DBOS.enqueue_workflow_async(RUNS, _segment, segment.run_id, segment.number)
        self._follow(name, handle)

    def _follow(self, name: str, handle: WorkflowHandleAsync[Any]) -> None:
        """Know of it until it has ended, so that a stop waits for it."""
        task = asyncio.create_task(self._ended(handle))
        self._handles[name] = task
        task.add_done_callback(lambda _: self._handles.pop(name, None))

    async def _ended(self, handle: WorkflowHandleAsync[Any]) -> None:
        try:
            await handle.get_result()
        except Exception as error:
            if not self._leaving:  # what is left behind at a stop is not broken: the next start takes it over
                name = type(error).__name__
                log.error("PlaybookRunner: segment %s broke: %s", handle.workflow_id, name, exc_info=error)

    async def settled(self, segment: SegmentId) -> None:
        task = self._handles.get(str(segment))
        if task is not None:
            await asyncio.wait([task])

    async def close(self, within_seconds: float = 25.0) -> None:
        if self._handles:
            await asyncio.wait(list(self._handles.values()), timeout=within_seconds)
        self._leaving = True
        self._handles.clear()
        # The library had put its own executor into this loop, and shuts it down: whoever works beside it needs another.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        await asyncio.to_thread(DBOS.destroy)
        _bodies.clear()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _config(self) -> DBOSConfig:
        return DBOSConfig(
            name=APPLICATION,
            system_database_url=self.store.url.render_as_string(hide_password=False),
            system_database_engine=self.store.engine,
            application_version=VERSION,
            executor_id=self.executor_id,
            serializer=PortableJson(),
            max_executor_threads=32,
            log_level="ERROR",
            scheduler_polling_interval_sec=3600.0,
            notification_listener_polling_interval_sec=0.2,  # its thread sleeps this long, also when it is to stop
        )


class _Scope:
    """What one body may ask of the engine: implements `engine.Checkpoints` inside a workflow."""

    async def checkpoint(self, name: str, work: Callable[[], Awaitable[Json]]) -> Json:
        async def step() -> Json:
            return plain(await work())

        return cast(Json, await DBOS.run_step_async(StepOptions(name=name), step))

    async def branches(self, branches: Sequence[BranchId], at_once: int, go_on: Callable[[Json], bool]) -> list[Json]:
        """Children are started in document order, at most `at_once` together, and awaited in that order.

        Whether another one is started depends on recorded results alone, so a repeat starts the same ones.
        """
        running: list[WorkflowHandleAsync[Any]] = []
        results: list[Json] = []
        for branch in branches:
            if len(running) - len(results) >= at_once:
                results.append(await running[len(results)].get_result())
                if not go_on(results[-1]):
                    break
            with SetWorkflowID(str(branch)):
                segment = branch.segment
                running.append(
                    await DBOS.start_workflow_async(_branch, segment.run_id, segment.number, branch.path, branch.key)
                )
        while len(results) < len(running):
            results.append(await running[len(results)].get_result())
        return results


_bodies: list[Body] = []  # the library keeps one instance for each process, and so do we


@DBOS.workflow(name="segment")
async def _segment(run_id: str, number: int) -> Json:
    return await _bodies[-1].segment(_Scope(), SegmentId(run_id, number))


@DBOS.workflow(name="branch")
async def _branch(run_id: str, number: int, path: str, key: str) -> Json:
    return await _bodies[-1].branch(_Scope(), BranchId(SegmentId(run_id, number), path, key))


def lock_beside(file: Path) -> IO[str]:
    """Hold the store's server lock for as long as the file object lives. Raises `Conflict` when another holds it."""
    holder = Path(f"{file}.lock").open("a+")  # noqa: SIM115 held until close
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder.close()
        raise Conflict(
            "Another opsbook serves this store.",
            cure="Stop it, or give this one a store of its own (OPSBOOK_HOME).",
            code="store_in_use",
        ) from error
    return holder


def _refuse_pickle() -> None:
    """Rows name their own format: a planted pickle row must not run, whatever serializer is configured."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise NeverWorks("A record is in a format that this product never writes.", code="foreign_format")

    DefaultSerializer.deserialize = refuse  # type: ignore[method-assign]
