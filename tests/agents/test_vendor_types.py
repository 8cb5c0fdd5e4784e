"""Every request of delegated work is one that the vendors' own types allow, its tools and its rounds included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from agents.delegated import bench, good
from agents.scripted_vendors import Call, Turn
from agents.vendor_types import faults_of_claude, faults_of_gemini


def digs_and_lies_once(turn: Turn) -> Any:
    """A tool, an answer with a figure of the model's own, and then one that is true."""
    if not turn.said:
        return Call("dig", {"system": "aeropay"})
    if len(turn.said) == 1:
        return good(turn, finding="There were 62 errors.")
    return good(turn)


@pytest.mark.parametrize(("vendor", "faults"), [("anthropic", faults_of_claude), ("gemini", faults_of_gemini)])
async def test_rounds_of_tools_and_a_turn_to_mend_are_asked_as_the_vendors_types_want_them(
    vendor: str, faults: Callable[[Mapping[str, Any]], list[str]]
) -> None:
    async with bench(digs_and_lies_once, vendor) as made:
        done = await made.done()
    assert done.value["finding"] == "Aeropay is offline after 7 failures."
    bodies = [turn.body for turn in made.vendors.turns]
    assert len(bodies) == 3
    assert [faults(body) for body in bodies] == [[], [], []]
    assert faults({**bodies[0], "tools": [{"nmae": "dig"}]}) != []
