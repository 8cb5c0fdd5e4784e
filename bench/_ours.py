"""Ours: five steps a run, each a call of a read tool that answers at once, through the whole product.

    python -m bench._ours <serial|together|latency> <folder> <runs> <at once>

Nothing is left out: acceptance on disk, the durable engine, the gateway, the expressions, the record of every step
and every call, the verdict. It prints one JSON line: `{"style", "runs", "seconds", "cpu_seconds"}`; for `latency`,
`{"style", "runs", "trigger_to_step_ms": […]}`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from opsbook.app import App, open_app
from opsbook.playbooks.catalog import ToolEntry
from opsbook.playbooks.model import Playbook
from opsbook.runs.acceptance import Request
from opsbook.runs.events import Event, RunEnded, StepStarted
from opsbook.sdk.tool import EffectClass, Tool, ToolArgs, ToolContext, ToolResult
from opsbook.settings import Settings

ID = "five_reads"
STEPS = [
    {"id": f"step_{number}", "type": "tool_call", "tool": "answer", "with": {"number": number}, "save_as": f"n{number}"}
    for number in range(5)
]
DOCUMENT = {
    "id": ID,
    "name": "Five reads",
    "steps": STEPS,
    "success": [{"id": "all_read", "expr": "n0 + n1 + n2 + n3 + n4 === 10"}],
}


class Args(ToolArgs):
    number: int


class Answer(Tool[Args]):
    name, effect, summary, Args = "answer", EffectClass.READ, "Answers at once.", Args

    async def run(self, args: Args, context: ToolContext) -> ToolResult:
        return ToolResult(args.number, context.as_of, "a benchmark")


def prepared(app: App) -> None:
    """Put the tool beside the product's own and publish the playbook."""
    tools: Any = app.catalog.tools
    tools["answer"] = ToolEntry("answer", EffectClass.READ.value, Args)
    app.body.services.gateway.tools["answer"] = Answer()
    playbook = Playbook.model_validate(DOCUMENT, context={"catalog": app.catalog})
    app.operations.publish(playbook, json.dumps(DOCUMENT), "a benchmark")


class Ends:
    """The ends of runs, as the product tells them in its own process: what a caller of the rival gets as its result."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._ends: defaultdict[str, asyncio.Future[RunEnded]] = defaultdict(asyncio.Future)

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunEnded):
            self._ends[event.run_id].set_result(event)

    async def of_one(self) -> None:
        """Start a run and wait for its end. Leaves the program when it did not do its job."""
        accepted = await self.app.operations.start(Request(ID))
        ended = await self._ends[accepted.run["id"]]
        del self._ends[ended.run_id]
        if ended.state != "succeeded" or ended.verdict != "met":
            raise SystemExit(f"{ended.run_id} ended {ended.state}, {ended.verdict}.")


async def carry_out(app: App, runs: int, at_once: int) -> None:
    places, ends = asyncio.Semaphore(at_once), Ends(app)

    async def placed() -> None:
        async with places:
            await ends.of_one()

    with app.operations.bus.listening(ends):
        await asyncio.gather(*(placed() for _ in range(runs)))


async def latencies(app: App, runs: int) -> list[float]:
    """Milliseconds from the call of `start` to the first step's start, each on an idle server."""
    began = 0.0
    found: list[float] = []

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and event.path == "steps/0":
            found.append((time.perf_counter() - began) * 1000)

    ends = Ends(app)
    with app.operations.bus.listening(listen), app.operations.bus.listening(ends):
        for _ in range(runs):
            began = time.perf_counter()
            await ends.of_one()
    return found


async def main(style: str, folder: str, runs: int, at_once: int) -> None:
    async with open_app(Settings(home=Path(folder))) as app:
        prepared(app)
        async with app.working():
            at_once = 1 if style in ("serial", "latency") else at_once
            await carry_out(app, max(10, runs // 10), at_once)  # warm, as the rival is
            if style == "latency":
                print(json.dumps({"style": style, "runs": runs, "trigger_to_step_ms": await latencies(app, runs)}))
                return
            began, used = time.perf_counter(), time.process_time()
            await carry_out(app, runs, at_once)
            seconds, cpu = time.perf_counter() - began, time.process_time() - used
            print(json.dumps({"style": style, "runs": runs, "seconds": seconds, "cpu_seconds": cpu}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
