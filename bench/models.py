"""What our engine adds to a request to a model, beside the bare library of agents at the same server of this machine.

    N=200 python -m bench.models

The server answers at once, so what is left is ours: the reservation and the bill, each a commit on disk, the
transcript, the screen for names, the checks of the answer. Both sides use Anthropic's own client on kept connections,
send the same instructions and facts and get the same answer; the bare side parses it into the same type and does
nothing else. They are asked in turn, and the difference of each pair is taken.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from pydantic_ai import Agent as ModelAgent

from bench._telling import claim, machine, scale, table
from opsbook.agents.asking import RULES
from opsbook.agents.page import Fact
from opsbook.agents.privacy import Screen
from opsbook.agents.prose import Answer
from opsbook.agents.roster import Agent
from opsbook.agents.spending import Charge
from opsbook.agents.vendors import Vendors
from opsbook.app import open_app
from opsbook.sdk.step import Allowance, RunFacts
from opsbook.settings import Settings

BAR_MS = 5.0
TIER = "premium_reasoning"
FACTS = [Fact("f1", "Monthly recurring revenue", "$45,678.90", "revenue", 4567890, "cents")] + [
    Fact(f"f{number}", f"{name} Row: recurring revenue", f"${number * 137}.00", "risk", number * 13700, "cents")
    for number, name in enumerate(("Elm", "Oak", "Ash", "Fir", "Yew", "Bay", "Fig", "Box", "Gum", "Tea") * 4, 2)
]
SAID = {
    "sections": [
        {
            "title": "What matters",
            "paragraphs": ["Monthly recurring revenue stands at [[f1]].", "Look at churn first."],
        },
        {"title": "At risk", "paragraphs": ["[[o1]] pays [[f2]].", "[[o2]] pays [[f3]]."]},
    ]
}


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Claude, who says the same to everybody at once."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            found = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            asked = json.loads(await reader.readexactly(int(found[1]) if found else 0))
            body = json.dumps(
                {
                    "id": "m1",
                    "type": "message",
                    "role": "assistant",
                    "model": asked["model"],
                    "stop_reason": "end_turn",
                    "usage": {"input_tokens": 1200, "output_tokens": 80},
                    "content": [{"type": "text", "text": json.dumps(SAID)}],
                }
            ).encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
            writer.write(b"content-length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        writer.close()


def charge_of(agent: Agent, number: int) -> Charge:
    """On a run of its own, under every kind of limit, so that all of them are counted."""
    allowed = Allowance(1e6, 1e6, 10**12, 10**12, 10**9, 10**9)
    at = datetime(2026, 11, 24, 14, tzinfo=UTC)
    run = RunFacts(f"run_{number}", "bench", "Bench", at, ZoneInfo("UTC"), False, "manual", allowed)
    return Charge(run, "steps/0", agent, "report")


@dataclass(frozen=True)
class Took:
    """Milliseconds of one piece of work: by the clock, and of the processor in all threads of this process."""

    clock: float
    processor: float


async def timed(work: Callable[[], Awaitable[None]]) -> Took:
    began, used = time.perf_counter(), time.process_time()
    await work()
    return Took((time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000)


async def measure(pairs: int, folder: Path) -> bool:
    async with AsyncExitStack() as stack:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        stack.callback(server.close)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        settings = Settings(
            home=folder,
            anthropic_api_key=SecretStr("made-up-key"),
            integrations={"claude": {"base_url": address}},
            allow_loopback=True,
        )
        app = await stack.enter_async_context(open_app(settings))
        models, leo = app.desk.models, app.desk.roster.get("leo")
        bare_models = Vendors(models.settings)
        stack.push_async_callback(bare_models.close)
        bare_agent = ModelAgent(
            bare_models.of(models.settings.tiers[TIER])[0],
            output_type=Answer,
            instructions=f"{leo.instructions}\n{RULES}",
            model_settings={"max_tokens": 2000, "timeout": 60},
        )
        facts = [shown.as_json() for shown in Screen().facts(FACTS)]
        prompt = json.dumps({"title": "Bench", "facts": facts}, ensure_ascii=False)
        asked = 0

        async def bare() -> None:
            said = await bare_agent.run(prompt)
            assert said.output.sections

        async def ours() -> None:
            nonlocal asked
            asked += 1
            prose = await models.write(charge_of(leo, asked), TIER, "Bench", FACTS)
            assert prose.sections, prose.credit

        await app.store.shared(lambda connection: connection.exec_driver_sql("CREATE TABLE stamps (stamp INTEGER)"))

        async def commits() -> None:
            for _ in range(2):  # as many as a request has, with next to nothing in them
                await app.store.shared(lambda connection: connection.exec_driver_sql("INSERT INTO stamps VALUES (1)"))

        work = (bare, ours, commits)
        for _ in range(10):  # clients are made, connections opened, statements compiled
            for one in work:
                await one()
        rounds = [[await timed(one) for one in work] for _ in range(pairs)]
    print(f"{pairs} rounds, {len(FACTS)} facts; {machine()}")
    names = ("pydantic-ai alone", "opsbook", "two commits alone")
    heads = ("who", "median ms", "95 of 100 ms", "processor ms")
    table(heads, [_row(name, [took[place] for took in rounds]) for place, name in enumerate(names)])
    clock = median(mine.clock - theirs.clock for theirs, mine, _ in rounds)
    processor = median(mine.processor - theirs.processor for theirs, mine, _ in rounds)
    first = claim("what the engine adds to a request to a model, processor ms", processor, BAR_MS, at_least=False)
    return claim("what the engine adds to a request to a model, ms", clock, BAR_MS, at_least=False) and first


def _row(name: str, took: list[Took]) -> tuple[str, float, float, float]:
    clocks = sorted(one.clock for one in took)
    return name, median(clocks), clocks[round(len(clocks) * 0.95) - 1], median(one.processor for one in took)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measure(scale(200), Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())
