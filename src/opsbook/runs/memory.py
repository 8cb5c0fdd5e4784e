"""The engine without a memory: for tests, previews and the expression of the contract. Nothing survives the process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from opsbook.runs.engine import Body, BranchId, SegmentId
from opsbook.sdk.values import Json


class MemoryEngine:
    """Keeps checkpoints in a dictionary, so that a segment may be carried out again in the same process."""

    def __init__(self) -> None:
        self.body: Body | None = None
        self.recorded: dict[tuple[str, str], Json] = {}
        self._tasks: dict[str, asyncio.Task[Json]] = {}

    async def launch(self, body: Body) -> None:
        self.body = body

    async def submit(self, segment: SegmentId) -> None:
        if str(segment) not in self._tasks:
            assert self.body is not None
            self._tasks[str(segment)] = asyncio.create_task(self.body.segment(_Scope(self, str(segment)), segment))

    async def settled(self, segment: SegmentId) -> None:
        await asyncio.wait([self._tasks[str(segment)]])

    async def again(self, segment: SegmentId) -> None:
        """Carry the segment out once more, as after a crash: recorded checkpoints stand."""
        assert self.body is not None
        await self.body.segment(_Scope(self, str(segment)), segment)

    async def close(self, within_seconds: float = 25.0) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=within_seconds)


class _Scope:
    def __init__(self, engine: MemoryEngine, workflow: str) -> None:
        self.engine = engine
        self.workflow = workflow

    async def checkpoint(self, name: str, work: Callable[[], Awaitable[Json]]) -> Json:
        key = (self.workflow, name)
        if key not in self.engine.recorded:
            self.engine.recorded[key] = await work()
        return self.engine.recorded[key]

    async def branches(self, branches: Sequence[BranchId], at_once: int, go_on: Callable[[Json], bool]) -> list[Json]:
        places = asyncio.Semaphore(at_once)
        results: dict[int, Json] = {}

        async def carry_out(index: int, branch: BranchId) -> None:
            assert self.engine.body is not None
            async with places:
                if all(go_on(result) for result in results.values()):
                    results[index] = await self._branch(branch)

        await asyncio.gather(*(carry_out(index, branch) for index, branch in enumerate(branches)))
        return [results[index] for index in sorted(results)]

    async def _branch(self, branch: BranchId) -> Json:
        """A branch's outcome is recorded as a checkpoint's is."""
        assert self.engine.body is not None
        key = (str(branch), "")
        if key not in self.engine.recorded:
            self.engine.recorded[key] = await self.engine.body.branch(_Scope(self.engine, str(branch)), branch)
        return self.engine.recorded[key]
