"""A step whose model works: its process is killed, and what a model has answered is not asked for again."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from agents.scripted_vendors import Call, Turn, scripted_vendors

TESTS = Path(__file__).parents[1]


async def test_what_a_model_has_answered_is_not_asked_again_after_a_kill(tmp_path: Path, template: Path) -> None:
    file = Path(shutil.copy(template, tmp_path / "opsbook.db"))

    def script(turn: Turn) -> Any:
        if len(vendors.turns) == 4:  # the first step has its result, the second one the answer of its first round
            os.kill(int(file.with_suffix(".pid").read_text()), signal.SIGKILL)
        return {"said": f"The count is {turn.token('count')}."} if turn.said else Call("ask")

    async with scripted_vendors(script) as vendors:
        words = (sys.executable, "-m", "runs.delegating", str(file), vendors.url)
        child = await asyncio.create_subprocess_exec(*words, cwd=TESTS, stdout=asyncio.subprocess.PIPE)
        told, _ = await child.communicate()
    assert child.returncode == 0
    record = json.loads(told)
    assert record["state"] == "succeeded"
    assert [record["results"][name]["said"] for name in ("first", "second")] == ["The count is 7."] * 2
    rounds = Counter(f"{turn.sent['task'].split()[1]} {len(turn.said)}" for turn in vendors.turns)
    assert rounds == {"first 0": 1, "first 1": 1, "second 0": 1, "second 1": 2}
    assert record["cost"]["requests"] == 5  # the one that was cut off may have cost what it had reserved
