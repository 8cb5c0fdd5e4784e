"""Ours against V8's, case by case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from opsbook.playbooks.expressions import evaluate
from opsbook.sdk.errors import InvalidDefinition
from playbooks.expressions.v8 import THREW, Case, answers, batches, threw

REFUSED = object()
SHOWN = 20


@dataclass
class Tally:
    """How a run went.

    `stricter`: V8 gives a value and we refuse. `refused`: neither gives one. `defaulted`: the written deviation that a
    `??` covers all of the path before it, where V8 throws a TypeError. `differences` is all else.
    """

    cases: int = 0
    same: int = 0
    refused: int = 0
    stricter: int = 0
    defaulted: int = 0
    differences: int = 0
    examples: list[tuple[str, dict[str, Any], Any, Any]] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def stricter_share(self) -> float:
        return self.stricter / max(1, self.cases)


def compared(cases: Iterable[Case]) -> Tally:
    """Evaluate every case on both sides."""
    tally = Tally()
    for batch in batches(cases):
        for (source, names), theirs in zip(batch, answers(batch), strict=True):
            try:
                ours: Any = evaluate(source, names)
            except InvalidDefinition as error:
                ours = REFUSED
                if not threw(theirs):
                    tally.reasons[error.code] = tally.reasons.get(error.code, 0) + 1
            _count(tally, source, names, ours, theirs)
    return tally


def _count(tally: Tally, source: str, names: dict[str, Any], ours: Any, theirs: Any) -> None:
    tally.cases += 1
    if ours is REFUSED:
        if threw(theirs):
            tally.refused += 1
        else:
            tally.stricter += 1
    elif same(ours, theirs):
        tally.same += 1
    elif "??" in source and theirs == {THREW: "TypeError"}:
        tally.defaulted += 1
    else:
        tally.differences += 1
        if len(tally.examples) < SHOWN:
            tally.examples.append((source, names, ours, theirs))


def same(ours: Any, theirs: Any) -> bool:
    """Whether both are one JSON value; numbers compare as doubles."""
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return float(ours) == float(theirs)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    return type(ours) is type(theirs) and bool(ours == theirs)
