"""One answer, judged by every score. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection

from opsbook.agents.evals.candidates import Answer
from opsbook.agents.evals.datasets import Case
from opsbook.agents.evals.scores import (
    NOT_ASKED,
    Score,
    backing,
    coverage,
    groundedness,
    injection,
    personalisation,
    priority,
)

SCORES = (
    "groundedness",
    "coverage",
    "completeness",
    "priority",
    "personalisation",
    "injection",
    "accepted",
)  # in the order in which they are shown


def judged(case: Case, answer: Answer | None, only: Collection[str] = SCORES) -> dict[str, Score]:
    """Every score by its name, or `only` some.

    `coverage`, `priority` and `groundedness` are of what is read first; `completeness` is coverage of the whole.
    A model's text that was not used has none of the first three: what is read then is not that model's.
    """
    if answer is None:
        return dict.fromkeys(only, NOT_ASKED)
    used = answer.accepted != 0
    judges: dict[str, Callable[[], Score]] = {
        "groundedness": lambda: _grounded(answer) if used else NOT_ASKED,
        "coverage": lambda: coverage(answer.opening, case.wanted) if used else NOT_ASKED,
        "completeness": lambda: coverage(answer.text, case.wanted),
        "priority": lambda: priority(answer.ranking, case.ranked) if used else NOT_ASKED,
        "personalisation": lambda: personalisation(answer.letters),
        "injection": lambda: injection(answer.text, case.planted),
        "accepted": lambda: NOT_ASKED if answer.accepted is None else Score(answer.accepted, 1, answer.warnings),
    }
    return {name: judges[name]() for name in only}


def _grounded(answer: Answer) -> Score:
    return backing(answer.letters) if answer.letters else groundedness(answer.opening, answer.facts, answer.ordinary)
