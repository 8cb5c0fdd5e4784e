"""The same journal leads to the same next step: random small playbooks, carried out again after every crash."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from opsbook.runs.engine import BranchId, SegmentId
from opsbook.runs.memory import MemoryEngine
from opsbook.sdk.values import Json
from runs.conftest import House, house_of

Step = dict[str, Any]


class Crash(BaseException):
    """The process is gone: nothing in it may catch this."""


class Fragile(MemoryEngine):
    """Dies before or after its k-th record; what was recorded stands."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 0

    def point(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash

    async def carry_out(self, segment: SegmentId) -> bool:
        assert self.body is not None
        try:
            await self.body.segment(_Fragile(self, str(segment)), segment)
        except Crash:
            return False
        return True

    async def submit(self, segment: SegmentId) -> None:
        """The test carries it out by hand."""


class _Fragile:
    def __init__(self, engine: Fragile, workflow: str) -> None:
        self.engine = engine
        self.workflow = workflow

    async def checkpoint(self, name: str, work: Any) -> Json:
        key = (self.workflow, name)
        if key not in self.engine.recorded:
            self.engine.point()
            result = await work()
            self.engine.point()
            self.engine.recorded[key] = result
            self.engine.point()
        return self.engine.recorded[key]

    async def branches(self, branches: Any, at_once: int, go_on: Any) -> list[Json]:
        """One after the other: which one dies must not depend on chance."""
        results: list[Json] = []
        for branch in branches:
            if not all(go_on(result) for result in results):
                break
            results.append(await self._branch(branch))
        return results

    async def _branch(self, branch: BranchId) -> Json:
        assert self.engine.body is not None
        key = (str(branch), "")
        if key not in self.engine.recorded:
            result = await self.engine.body.branch(_Fragile(self.engine, str(branch)), branch)
            self.engine.point()
            self.engine.recorded[key] = result
        return self.engine.recorded[key]


NO_SHRINK = (Phase.explicit, Phase.reuse, Phase.generate)  # a failing one is short, and each try costs a second
GUARDS = st.sampled_from([None, None, None, "lost > 1", "seen.length > 3", "seen.length > 99"])
ON_ERROR = st.sampled_from([None, None, "continue", "steps"])


def leaves() -> st.SearchStrategy[Step]:
    return st.sampled_from(
        [
            {"type": "tool_call", "tool": "ask", "with": {"name": "orders"}},
            {"type": "tool_call", "tool": "act", "with": {"name": "{{ seen }}"}},
            {"type": "set", "values": {"a": "{{ seen }}"}},
            {"type": "assert", "that": "1 > 2"},
            {"type": "assert", "that": "lost > 1"},
            {"type": "notify", "channels": ["email"], "to": ["owner"], "subject": "S", "body": "{{ seen }}"},
            {"type": "delegate", "to": "linus", "task": "Look."},
        ]
    )


def blocks(children: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    block = st.lists(children, min_size=1, max_size=3)
    return st.one_of(
        st.builds(
            lambda then, other, asks: {"type": "condition", "if": asks, "then": then, "else": other},
            block,
            block,
            st.sampled_from(["1 > 0", "1 > 2", "lost > 1"]),
        ),
        st.builds(lambda do: {"type": "foreach", "items": "[1, 2, 2]", "do": do}, block),
        st.builds(
            lambda one, two, fast: {"type": "parallel", "branches": {"one": one, "two": two}, "fail_fast": fast},
            block,
            block,
            st.booleans(),
        ),
    )


STEPS = st.recursive(leaves(), blocks, max_leaves=6)
DECORATED = st.tuples(st.lists(st.tuples(STEPS, GUARDS, ON_ERROR), min_size=1, max_size=4), st.booleans())


def document(found: tuple[list[tuple[Step, str | None, str | None]], bool]) -> dict[str, Any]:
    ids = iter(range(10_000))

    def named(step: Step) -> Step:
        made = {"id": f"s{next(ids)}", **step}
        if "values" in made:
            made["values"] = {f"given_{made['id']}": "{{ seen }}"}
        for key in ("then", "else", "do"):
            if key in made:
                made[key] = [named(inner) for inner in made[key]]
        if "branches" in made:
            made["branches"] = {name: [named(inner) for inner in block] for name, block in made["branches"].items()}
        return made

    steps = [
        {"id": "look", "type": "tool_call", "tool": "ask", "with": {"name": "seen"}, "save_as": "seen"},
        {"id": "lose", "type": "tool_call", "tool": "ask", "with": {"name": "lost"}, "save_as": "lost"},
    ]
    for step, guard, on_error in found[0]:
        made = named(step)
        if guard:
            made["when"] = guard
        if on_error == "continue":
            made["on_error"] = "continue"
        elif on_error == "steps":
            mend = {"id": f"s{next(ids)}", "type": "tool_call", "tool": "act", "with": {"name": "mend"}}
            made["on_error"] = {"steps": [mend]}
        steps.append(made)
    last = [{"id": "last", "type": "tool_call", "tool": "act", "with": {"name": "last"}}] if found[1] else []
    return {"id": "random_one", "name": "Random", "agent": "leo", "steps": steps, "finally": last}


async def carried_out(text: str, dies_at: int) -> tuple[dict[str, Any], int, int]:
    """The audit of a run that dies at its k-th point and is carried out again; how far it came; how many mails left."""
    with tempfile.TemporaryDirectory() as folder:
        async with house_of(Path(folder) / "a.db") as house:
            engine = Fragile()
            engine.body = house.body
            house.operations.engine = engine
            house.steered.answers |= {"lost": ..., "seen": "words"}
            run_id = await house.start(text)
            engine.left = dies_at
            if not await engine.carry_out(SegmentId(run_id, 1)):
                assert await engine.carry_out(SegmentId(run_id, 1))
            return audit(house, run_id), dies_at - engine.left, len(house.mail.arrived)


def audit(house: House, run_id: str) -> dict[str, Any]:
    record = house.record(run_id)
    kept = ("path", "status", "reason", "error", "output", "attempts")
    return {
        **{name: record[name] for name in ("state", "reason", "verdict", "results", "steps_executed")},
        "steps": [{name: step[name] for name in kept} for step in record["steps"]],
        "effects": sorted((row["path"], row["state"]) for row in record["effects"]),
        "acted": len(house.steered.acted),
    }


@pytest.mark.timeout(300)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=NO_SHRINK)
@given(DECORATED, st.data())
def test_a_run_that_dies_anywhere_ends_as_one_that_never_died(
    found: tuple[list[tuple[Step, str | None, str | None]], bool], data: st.DataObject
) -> None:
    text = json.dumps(document(found))
    whole, points, mails = asyncio.run(carried_out(text, 0))
    for k in sorted(data.draw(st.sets(st.integers(1, points), max_size=4))) if points else ():
        again, _, sent = asyncio.run(carried_out(text, k))
        assert again == whole
        assert sent == mails
