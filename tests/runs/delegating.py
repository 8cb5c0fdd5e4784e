"""Carries out a run whose two steps have a model work, in a child process; a second child takes it up where one died.

    python -m runs.delegating FILE URL

URL is where Claude is; FILE.pid holds the child's id. Prints one JSON object once the run is over.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path

from opsbook.agents import vendors, working
from opsbook.agents.models import Models, ModelSettings
from opsbook.agents.privacy import Screen
from opsbook.agents.privacy.declared import As
from opsbook.agents.spending import Meter
from opsbook.runs.acceptance import Request
from opsbook.runs.segment import OVER
from runs.conftest import Steered, house_of

LOADED = (vendors, working)  # before the first child is made, so that none of them loads them again
STEP = """
  - id: {name}
    type: delegate
    to: linus
    task: The {name} task.
    tools: [{{tool: ask, as: seen}}]
    output: {{said: {{type: string, description: What was seen}}}}
    save_as: {name}
"""
HEAD = "id: delegating_one\nname: Delegating\nagent: leo\nsteps:"
PLAYBOOK = HEAD + STEP.format(name="first") + STEP.format(name="second")


class Same(list[str]):
    """The tool's calls, which it counts: here it always says the same, so that a question asked again is the same."""

    def count(self, _name: object) -> int:
        return 1


async def carry_out(file: Path, url: str) -> None:
    def models(meter: Meter) -> Models:
        settings = ModelSettings("key", anthropic_base_url=url, timeout=timedelta(seconds=30))
        return Models(settings, meter, screen=lambda: Screen({"ask": {"count": As.FIGURE}}))

    steered = Steered(answers={"it": {"count": 7}}, calls=Same())
    async with house_of(file, "durable", steered=steered, models=models) as house:
        house.publish(PLAYBOOK)
        accepted = await house.operations.start(Request("delegating_one", dedup_key="once"))
        run_id = str(accepted.run["id"])
        while house.operations.get(run_id)["state"] not in OVER:
            house.clock.forward(timedelta(milliseconds=300))
            await house.clockwork.round(house.clock.now())
            await asyncio.sleep(0.01)
        print(json.dumps(house.record(run_id), default=str), flush=True)


def died(file: Path, url: str) -> bool:
    """Whether the child that carried it out did not come to the end."""
    child = os.fork()
    if child == 0:
        file.with_suffix(".pid").write_text(str(os.getpid()))
        asyncio.run(carry_out(file, url))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return status != 0


if __name__ == "__main__":
    where, claude = Path(sys.argv[1]), sys.argv[2]
    sys.exit(0 if died(where, claude) and not died(where, claude) else 1)
