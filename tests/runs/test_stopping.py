"""A process that takes its leave in the middle of runs: nothing is called broken, and the next one goes on."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from runs.conftest import Steered, house_of
from runs.test_steps import playbook
from runs.test_waiting import turn

HELD = "{id: slow, type: tool_call, tool: ask, with: {name: slow, hold: true}}"
SHAPES = {
    "a read of a run that only reads": f"  - {HELD}\n",
    "a group before an effect": f"  - {HELD}\n  - {{id: do_it, type: tool_call, tool: act}}\n",
    "a delegate's": "  - {id: slow, type: delegate, to: linus, task: Do, tools: [{tool: ask, with: {hold: true}}]}\n",
    "branches that act": f"""
  - id: each
    type: foreach
    items: "[1, 2, 3]"
    do:
      - {HELD}
      - {{id: do_it, type: tool_call, tool: act}}
""",
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_run_that_does_not_make_it_before_the_stop_is_taken_up_at_the_next_start(
    tmp_path: Path, template: Path, shape: str, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copy(template, tmp_path / "a.db")
    steered = Steered(held=asyncio.Event())
    async with house_of(tmp_path / "a.db", "durable", steered=steered) as house:
        run_id = await house.start(playbook("  - {id: first, type: tool_call, tool: act}\n" + SHAPES[shape]))
        await steered.asked.wait()
        await house.engine.close(0.1)
        await asyncio.sleep(0.1)
        assert house.operations.get(run_id)["state"] in ("queued", "running")
    done = list(steered.acted)
    assert len(done) == 1
    steered.held = None
    async with house_of(tmp_path / "a.db", "durable", steered=steered) as house:
        record = await turn(house, run_id, 300)
    assert record["state"] == "succeeded"
    assert steered.acted[:1] == done
    assert len(steered.acted) == len(set(steered.acted))
    assert [line for line in caplog.messages if "broke" in line] == []
