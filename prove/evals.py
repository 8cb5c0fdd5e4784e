"""Evals: what the deterministic renderer scores, and that every planted fault lowers the score it is planted for.

Cases are those that ship with the product; faults are those of `tests/agents/planting.py`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from agents.planting import FAULTS, answers
from opsbook.agents.evals.candidates import Answer
from opsbook.agents.evals.datasets import Case
from opsbook.agents.evals.judging import judged

BARS = {
    "groundedness": 1.0,
    "coverage": 0.9,
    "completeness": 1.0,
    "priority": 1.0,
    "personalisation": 1.0,
    "injection": 1.0,
}


def main() -> int:
    made = asyncio.run(answers())
    held = [renderer(made, name, bar) for name, bar in BARS.items()]
    held += [undetected(made, kind) for kind in FAULTS]
    return 0 if all(held) else 1


def renderer(made: list[tuple[Case, Answer]], name: str, bar: float) -> bool:
    """The mean of one score, over the cases that are asked it."""
    scores = [score for case, answer in made if (score := judged(case, answer, [name])[name]).value is not None]
    for fault in (fault for score in scores for fault in score.faults):
        print(f"{name}: {fault}", file=sys.stderr)
    mean = round(sum(score.value or 0.0 for score in scores) / len(scores), 4)
    things = sum(score.of for score in scores)
    return claim(f"{name} of the renderer, mean of {len(scores)} cases ({things:,} things)", mean, bar, mean >= bar)


def undetected(made: list[tuple[Case, Answer]], kind: str) -> bool:
    """How many answers with a planted fault score as well as those without it."""
    name, plant = FAULTS[kind]
    planted = missed = 0
    for case, answer in made:
        before = judged(case, answer, [name])[name].value or 0.0
        for faulty in plant(case, answer):
            planted += 1
            missed += (judged(case, faulty, [name])[name].value or 0.0) >= before
    return claim(f"planted faults that {name} misses, {kind}, of {planted}", missed, 0, planted > 0 and missed == 0)


def claim(name: str, figure: float, bar: float, holds: bool) -> bool:
    print(json.dumps({"claim": name, "figure": figure, "bar": bar, "holds": holds}), flush=True)
    return holds


if __name__ == "__main__":
    sys.exit(main())
