"""Runs a candidate over data sets, by pydantic-evals. Imported only when evals are run: the extra `evals`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic_evals import Case as EvalCase
from pydantic_evals import Dataset as EvalDataset
from pydantic_evals.evaluators import EvaluationReason, Evaluator, EvaluatorContext

from opsbook import __version__
from opsbook.agents.evals.candidates import Answer, Candidate
from opsbook.agents.evals.datasets import Case, Dataset
from opsbook.agents.evals.judging import SCORES, judged
from opsbook.agents.evals.outcomes import CaseOutcome, DatasetOutcome, Outcome, Scored
from opsbook.agents.evals.scores import NOT_ASKED, Score

AT_ONCE = 4  # cases of one data set


@dataclass
class Judged(Evaluator[Case, Answer | None, None]):
    """Every score of `judging` that the case asks for. `kept` holds them whole, by the case's name."""

    kept: dict[str, dict[str, Score]] = field(default_factory=dict)

    def evaluate(self, ctx: EvaluatorContext[Case, Answer | None, None]) -> dict[str, EvaluationReason]:
        scores = judged(ctx.inputs, ctx.output)
        self.kept[ctx.inputs.name] = scores
        return {
            name: EvaluationReason(score.value, " ".join(score.faults) or None)
            for name, score in scores.items()
            if score.value is not None
        }


async def run_evals(candidate: Candidate, chosen: Sequence[Dataset], instructions: str | None) -> Outcome:
    """Have every case written and judged. A case that comes to nothing says why; the others go on."""
    ran_at = candidate.desk.clock.now().isoformat(timespec="seconds")
    found = [await _one(candidate, dataset) for dataset in chosen]
    return Outcome(
        candidate=candidate.name,
        instructions=instructions,
        product=__version__,
        ran_at=ran_at,
        datasets=tuple(found),
    )


async def _one(candidate: Candidate, dataset: Dataset) -> DatasetOutcome:
    judge = Judged()
    cases: list[EvalCase[Case, Answer | None, None]] = [EvalCase(name=one.name, inputs=one) for one in dataset.cases]
    asked: EvalDataset[Case, Answer | None, None] = EvalDataset(name=dataset.name, cases=cases, evaluators=[judge])
    report = await asked.evaluate(candidate.answer, name=candidate.name, max_concurrency=AT_ONCE, progress=False)
    done = {
        case.name: CaseOutcome(
            name=case.name,
            scores=_scored(judge.kept[case.name]),
            seconds=round(case.task_duration, 3),
            cost=case.output.cost if case.output else {},
        )
        for case in report.cases
    }
    for failed in report.failures:
        nothing = dict.fromkeys(SCORES, NOT_ASKED)
        done[failed.name] = CaseOutcome(
            name=failed.name, scores=_scored(nothing), seconds=0.0, failed=failed.error_message
        )
    return DatasetOutcome(
        name=dataset.name, digest=dataset.digest, cases=tuple(done[case.name] for case in dataset.cases)
    )


def _scored(scores: dict[str, Score]) -> dict[str, Scored]:
    return {name: Scored.model_validate(score.as_json()) for name, score in scores.items()}
