"""Fifty runs at once share the budget of a month: no request and no tool call passes it, and every run comes to an end.

Their agents work for models at the wire, as in `tests/agents/delegated.py`: each asks a tool and then answers.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from agents.delegated import TOOLS, bench, good
from agents.scripted_vendors import Call, Turn
from opsbook.sdk.step import Allowance

RUNS = 50
REQUESTS, CALLS = 61, 17  # of the month: less than the runs would use


@dataclass(frozen=True)
class Spent:
    """What was asked of vendors and tools; `unsaid` are the runs that do not say that their budget was used up."""

    requests: int
    calls: int
    failed: int
    unsaid: int


def spent() -> Spent:
    """What fifty runs use of one month."""
    return asyncio.run(_spent())


async def _spent() -> Spent:
    month = Allowance(requests_per_month=REQUESTS, tool_calls_per_month=CALLS)
    async with bench(_asks_and_answers) as made:
        done = await asyncio.gather(
            *(made.done(f"run_{place}", month) for place in range(RUNS)), return_exceptions=True
        )
        requests = len(made.vendors.turns)
    ended = [one for one in done if not isinstance(one, BaseException) and one.value["systems"] == 1]
    short = [one for one in ended if one.details["fields"]["finding"]["from"] == "nobody"]
    unsaid = [one for one in short if "The budget of the month" not in str(one.details["written_by"])]
    return Spent(requests, len(TOOLS["dig"].asked), RUNS - len(ended), len(unsaid))


def _asks_and_answers(turn: Turn) -> Any:
    return good(turn) if turn.said else Call("dig")
