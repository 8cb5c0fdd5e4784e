"""Follow a figure of a run to the rows behind it.

Without a fact, all are listed.

A report's figures are its facts: `opsbook runs fact RUN f12`. A stored report never changes; where the rows say
something else by now, that is told.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._explained import print_explanation
from opsbook.cli._opening import with_app
from opsbook.cli._printing import coloured, console, show, show_items
from opsbook.runs.facts import Traced, facts_of, traced
from opsbook.sdk.values import JsonObject

COLUMNS = ("id", "label", "text", "path", "told_by")


def run(
    run_id: Annotated[str, typer.Argument(help="the run's id")],
    fact_id: Annotated[str | None, typer.Argument(metavar="[FACT]", help="a fact's id, as f12")] = None,
    step: Annotated[str | None, typer.Option(help="the step that tells it, by id or path")] = None,
    limit: Annotated[int, typer.Option(min=0, max=100_000, help="how many of the rows behind it at most")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    if fact_id is None:
        facts = with_app(lambda app: _every(app, run_id, step))
        show_items(facts, COLUMNS, as_json=as_json, title="Facts", under={"told_by": "path"})
        return
    wanted = fact_id

    async def found(app: App) -> Traced:
        row = app.operations.get(run_id)
        return traced(app.records, app.warehouse, app.snapshots, row, wanted, step=step, limit=limit)

    told = with_app(found)
    if as_json:
        show(told.as_json(), as_json=True)
        return
    _print(told)


async def _every(app: App, run_id: str, step: str | None) -> list[JsonObject]:
    app.operations.get(run_id)
    steps = app.records.runs.steps(run_id)
    return facts_of([row for row in steps if step is None or step in (row["path"], row["step_id"])])


def _print(told: Traced) -> None:
    out, fact = console(), told.told
    out.print(f"[bold]{coloured(fact['text'])}[/]  {coloured(fact['label'])}")
    value = "" if fact.get("value") is None else f", measured as {fact['value']} ({fact['unit']})"
    out.print(f"Fact {fact['id']} of {fact['run_id']} ({fact['playbook_id']}, version {fact['version']}){value}.")
    for word, step in (("Told by", fact["told_by"]), ("Found by", fact["found_by"])):
        if step:
            out.print(f"{word} {_step(step)}", markup=False, soft_wrap=True)
    if fact["tool"]:
        out.print(f"It asked {fact['tool']}: {fact['asked_source']}", markup=False, soft_wrap=True)
    if fact["path"]:
        out.print(f"It stands at {fact['path']}", markup=False, soft_wrap=True)
    window: Any = fact["window"]
    period = f"From {window[0]} to {window[1]}" if window else f"As of {fact['as_of']}" if fact["as_of"] else ""
    if period:
        out.print(period, markup=False)
    if told.rows is None:
        return
    if told.differs:
        now = "nothing that may be judged" if told.now is None else told.now
        warning = f"The rows say {now} by now: some came later, or were changed since. What was told stays as it was."
        out.print(f"[yellow]{coloured(warning)}[/]", soft_wrap=True)
    out.print()
    print_explanation(told.rows)


def _step(step: Any) -> str:
    name = f", {step['name']}" if step["name"] else ""
    return f"{step['id']} ({step['type']}, {step['path']}){name}"
