"""The port to the durable engine. `durable` stands behind it in the product, `memory` in tests and previews.

A run is a chain of segments; a segment is one workflow whose body is `Body.segment`. The engine promises: a submitted
segment is carried out to its end although processes die; a checkpoint's work is not done again once its result is
recorded; a branch is a workflow of its own with a fixed id.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from opsbook.sdk.values import Json


@dataclass(frozen=True)
class SegmentId:
    """The n-th piece of a run, counted from 1; `<run>/s<n>` everywhere."""

    run_id: str
    number: int

    def __str__(self) -> str:
        return f"{self.run_id}/s{self.number}"


@dataclass(frozen=True)
class BranchId:
    """One branch of a spread: the spread's path in the run, and the branch's key."""

    segment: SegmentId
    path: str
    key: str

    def __str__(self) -> str:
        return f"{self.segment}:{self.path}[{self.key}]"


class Checkpoints(Protocol):
    """What a body may ask of its engine while it runs. Calls are made one after the other, never gathered."""

    async def checkpoint(self, name: str, work: Callable[[], Awaitable[Json]]) -> Json:
        """The work's result: recorded before it is returned, and returned from the record at a repeat.

        `name` is the step's path: a recorded result is never handed to another name.
        """

    async def branches(self, branches: Sequence[BranchId], at_once: int, go_on: Callable[[Json], bool]) -> list[Json]:
        """Carry out branches as workflows of their own, started in the order given; their results in that order.

        `go_on` is asked of results as they are known: after its first no, no further branch is started. The results of
        those that were not started are missing at the end.
        """


class Body(Protocol):
    """What a segment and a branch do."""

    async def segment(self, engine: Checkpoints, segment: SegmentId) -> Json: ...

    async def branch(self, engine: Checkpoints, branch: BranchId) -> Json: ...


class Engine(Protocol):
    """The life of the engine in one process."""

    async def launch(self, body: Body) -> None:
        """Start working; runs that a dead process left behind are taken over. Raises `Conflict` when another
        process serves the same embedded store."""

    async def submit(self, segment: SegmentId) -> None:
        """Carry a segment out, soon. Submitted again it does nothing."""

    async def settled(self, segment: SegmentId) -> None:
        """Wait until a segment submitted here has ended, well or badly."""

    async def close(self, within_seconds: float = 25.0) -> None:
        """Let running segments come to an end, then stop. What does not make it is taken over at the next start."""


class Elsewhere:
    """The engine of a process that carries nothing out: what it submits waits in the record for the one that does."""

    async def launch(self, body: Body) -> None:
        """Nothing to start."""

    async def submit(self, segment: SegmentId) -> None:
        """The accepted run stands in the record; the server's clockwork finds it."""

    async def settled(self, segment: SegmentId) -> None:
        """Nothing was begun here."""

    async def close(self, within_seconds: float = 25.0) -> None:
        """Nothing to stop."""
