"""What running evals may cost, told before anything is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from opsbook.agents.evals.candidates import Candidate, page_of
from opsbook.agents.evals.datasets import LETTERS, Case, Dataset
from opsbook.agents.spending import FRAME, MICROS, dollars
from opsbook.sdk.errors import BudgetUsedUp
from opsbook.sdk.values import Unknown

ANSWERED = 4_096  # the most tokens of one answer where nothing bounds it
RULES_BYTES = 6_000  # of instructions and of the form of the answer, which go with every request
ASKED = 2  # requests for one text at most: one answer, and one turn to mend it


@dataclass(frozen=True)
class Estimate:
    """`cases` that a model is asked about, and the most that they can cost in millionths of a US dollar."""

    model: str
    cases: int
    most_micros: int | Unknown
    prices_of: str

    @property
    def words(self) -> str:
        if isinstance(self.most_micros, Unknown):
            return f"{self.model}: {self.cases} cases; what they cost nobody knows: {self.most_micros.reason}."
        most = dollars(self.most_micros)
        return f"{self.model}: {self.cases} cases, {most} at most (prices of {self.prices_of})."


def estimated(candidate: Candidate, chosen: Sequence[Dataset]) -> Estimate:
    """An upper bound: every case asked twice, a token for each byte sent, the longest answer to each."""
    cases = [case for dataset in chosen for case in dataset.cases if case.writing.kind != LETTERS]
    prices = candidate.desk.models.meter.prices
    price = prices.of(candidate.name)
    if isinstance(price, Unknown):
        return Estimate(candidate.name, len(cases), price, prices.checked_on)
    total = 0
    for case in cases:
        sent = _sent(case)
        total += sum(price.most(sent + again * ANSWERED, ANSWERED) for again in range(ASKED))
    return Estimate(candidate.name, len(cases), total, prices.checked_on)


def within(estimate: Estimate, usd: float) -> None:
    """Refuse what could break the budget, before the first request. Raises `BudgetUsedUp`."""
    if isinstance(estimate.most_micros, Unknown):
        cure = f"Name the price of {estimate.model} under [model_prices]."
        raise BudgetUsedUp(f"A budget stands, and {estimate.most_micros.reason}.", cure=cure, code="unpriced_model")
    if estimate.most_micros > round(usd * MICROS):
        most = dollars(estimate.most_micros)
        said = f"The budget is {dollars(round(usd * MICROS))}, and {estimate.cases} cases may cost {most}."
        raise BudgetUsedUp(said, cure="Raise it with --budget, or choose data sets with --dataset.")


def _sent(case: Case) -> int:
    facts = [fact.as_json() for fact in page_of(case).facts]
    return len(json.dumps(json.dumps(facts, ensure_ascii=False)).encode()) + RULES_BYTES + FRAME
