"""What came of a run of evals, kept as JSON, and two of them beside each other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from opsbook.agents.evals.judging import SCORES
from opsbook.sdk.errors import Conflict, InvalidInput
from opsbook.sdk.values import JsonObject

FORMAT = 1
MOST_BYTES = 5_000_000
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scored(_Part):
    """`value` is None where the case asks nothing of the kind; `of` is on how many things it rests."""

    value: Share | None
    of: int
    faults: tuple[str, ...] = ()


class CaseOutcome(_Part):
    """`failed` says why there is no answer; `cost` is what its requests used."""

    name: str
    scores: dict[str, Scored]
    seconds: float
    cost: dict[str, Any] = Field(default_factory=dict)
    failed: str | None = None


class DatasetOutcome(_Part):
    name: str
    digest: str
    cases: tuple[CaseOutcome, ...]


class Outcome(_Part):
    """`instructions` is the digest of the words that the candidate was told to work by; None for the renderer."""

    format: int = FORMAT
    candidate: str
    instructions: str | None
    product: str
    ran_at: str
    datasets: tuple[DatasetOutcome, ...]

    @property
    def failures(self) -> list[str]:
        return [f"{one.name}: {case.failed}" for one in self.datasets for case in one.cases if case.failed]

    def costs(self) -> JsonObject:
        """Requests and US dollars of all cases; `usd` is left out when nobody knows any."""
        costs = [case.cost for one in self.datasets for case in one.cases]
        known = [float(str(cost["usd"])) for cost in costs if "usd" in cost]
        total: JsonObject = {"requests": sum(int(str(cost.get("requests", 0))) for cost in costs)}
        return {**total, "usd": round(sum(known), 6)} if known else total

    def as_json(self) -> JsonObject:
        means = {one.name: means_of([one]) for one in self.datasets}
        whole: JsonObject = self.model_dump(mode="json")
        return {**whole, "means": {**means, "all": means_of(self.datasets)}, "cost": self.costs()}


@dataclass(frozen=True)
class Difference:
    """One score of one data set, of both. None: neither a gain nor a loss can be told."""

    dataset: str
    score: str
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        return None if self.before is None or self.after is None else round(self.after - self.before, 4)

    def as_json(self) -> JsonObject:
        return {
            "dataset": self.dataset,
            "score": self.score,
            "before": self.before,
            "after": self.after,
            "change": self.change,
        }


def means_of(found: Sequence[DatasetOutcome]) -> JsonObject:
    """The mean of each score over the cases that it was asked of, None where none was."""
    return {name: _mean(found, name) for name in SCORES}


def read_outcome(path: Path) -> Outcome:
    """What `opsbook evals run --out` wrote. Raises `InvalidInput`."""
    again = "Write it again with `opsbook evals run --out FILE`."
    try:
        text = path.read_bytes()[: MOST_BYTES + 1].decode("utf-8")
        found = json.loads(text)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read as JSON.", field="file", cure=again) from error
    kept = {name: found[name] for name in Outcome.model_fields if name in found} if isinstance(found, dict) else {}
    try:
        outcome = Outcome.model_validate(kept)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])
        raise InvalidInput(f"{path} is no outcome of evals: see {place}.", field="file", cure=again) from None
    if outcome.format != FORMAT:
        raise InvalidInput(f"{path} is written in another format.", field="file", cure=again)
    return outcome


def compared(before: Outcome, after: Outcome) -> list[Difference]:
    """Every score of every data set that both were run on.

    Raises `Conflict` when they share none: what was asked of one was not asked of the other.
    """
    first = {(one.name, one.digest): one for one in before.datasets}
    shared = [(first[key], one) for one in after.datasets if (key := (one.name, one.digest)) in first]
    if not shared:
        cure = "Run both on the same data sets, with the same version of opsbook."
        raise Conflict("The two share no data set as it was when they ran.", cure=cure, code="not_comparable")
    return [
        Difference(one.name, name, _mean([one], name), _mean([other], name))
        for one, other in shared
        for name in SCORES
        if _mean([one], name) is not None or _mean([other], name) is not None
    ]


def worse_in(before: Outcome, after: Outcome) -> list[str]:
    """The cases in which the second scores lower, with what is wrong there."""
    earlier = _scores(before)
    lines = []
    for key, score in _scores(after).items():
        was = earlier.get(key)
        if was is not None and was.value is not None and score.value is not None and score.value < was.value:
            why = score.faults[0] if score.faults else ""
            lines.append(f"{key[0]}/{key[2]}: {key[3]} {was.value:.2f} to {score.value:.2f}. {why}".rstrip())
    return lines


def _scores(outcome: Outcome) -> Mapping[tuple[str, str, str, str], Scored]:
    return {
        (one.name, one.digest, case.name, name): score
        for one in outcome.datasets
        for case in one.cases
        for name, score in case.scores.items()
    }


def _mean(found: Sequence[DatasetOutcome], name: str) -> float | None:
    values = [
        score.value
        for one in found
        for case in one.cases
        if (score := case.scores.get(name)) is not None and score.value is not None
    ]
    return round(sum(values) / len(values), 4) if values else None
