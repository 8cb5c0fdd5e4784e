"""Have the cases of the data sets written and scored, by the renderer or by a model. Needs opsbook[evals].

Scores are shares from 0 to 1. What a model may cost at most is told first, and nothing is asked beyond the budget.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from opsbook.agents.evals.candidates import RENDERER, candidate, instructions_of
from opsbook.agents.evals.datasets import dataset, datasets
from opsbook.agents.evals.estimate import estimated, within
from opsbook.agents.evals.judging import SCORES
from opsbook.agents.evals.outcomes import Outcome, means_of
from opsbook.agents.spending import MICROS, dollars
from opsbook.app import App
from opsbook.cli._documents import write_document
from opsbook.cli._opening import with_app
from opsbook.cli._printing import console, show, show_items
from opsbook.sdk.errors import PersonNeeded
from opsbook.sdk.values import JsonObject

BUDGET = 5.0  # US dollars, unless --budget says so
FAULTS_SHOWN = 10


def run(
    names: Annotated[list[str] | None, typer.Option("--dataset", help="only this one; may be repeated")] = None,
    model: Annotated[
        str, typer.Option(help="renderer, a tier (economy, premium_reasoning, flagship) or a model's name")
    ] = RENDERER,
    budget: Annotated[float, typer.Option(min=0, max=10_000, help="US dollars that all requests may cost")] = BUDGET,
    out: Annotated[Path | None, typer.Option(help="write the outcome to this file, for `compare`")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    outcome = with_app(lambda app: measured(app, names or [], model, budget))
    told = outcome.as_json()
    if out is not None:
        write_document(out, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    if as_json:
        show(told, as_json=True)
    else:
        _print(outcome)
    if outcome.failures:
        raise typer.Exit(1)


async def measured(app: App, names: list[str], model: str, usd: float) -> Outcome:
    """The outcome of one candidate. Raises `PersonNeeded` without the extra, `BudgetUsedUp` before any request."""
    try:
        from opsbook.agents.evals.running import run_evals  # noqa: PLC0415 its library takes a second to import
    except ImportError as error:
        raise PersonNeeded(
            "The package that runs evals is not installed.",
            cure="Run: pip install 'opsbook[evals]'.",
            code="missing_extra",
        ) from error
    chosen = [dataset(name) for name in dict.fromkeys(names)] or list(datasets().values())
    one = candidate(app.desk, model, app.ids.new("evals"), usd)
    if one.is_model:
        estimate = estimated(one, chosen)
        typer.echo(f"{estimate.words} The budget is {dollars(round(usd * MICROS))}.", err=True)
        within(estimate, usd)
    return await run_evals(one, chosen, instructions_of(one, chosen))


def _print(outcome: Outcome) -> None:
    rows: list[JsonObject] = [{"data set": one.name, **_shares(means_of([one]))} for one in outcome.datasets]
    if len(rows) > 1:
        rows.append({"data set": "all", **_shares(means_of(outcome.datasets))})
    show_items(rows, ("data set", *SCORES), as_json=False, title=f"Scores of {outcome.candidate}")
    faults = [
        f"{one.name}/{case.name}: {name}: {fault}"
        for one in outcome.datasets
        for case in one.cases
        for name, score in case.scores.items()
        for fault in score.faults
    ]
    for line in [*outcome.failures, *faults[:FAULTS_SHOWN]]:
        console().print(line, markup=False, soft_wrap=True)
    if (more := len(faults) - FAULTS_SHOWN) > 0:
        console().print(f"And {more} more; --json tells all.", markup=False)
    cost = outcome.costs()
    if cost["requests"]:
        usd = dollars(round(float(str(cost["usd"])) * MICROS)) if "usd" in cost else "an unknown sum"
        console().print(f"{cost['requests']} requests for {usd}.", markup=False)


def _shares(means: JsonObject) -> JsonObject:
    return {name: None if value is None else f"{value:.2f}" for name, value in means.items()}
