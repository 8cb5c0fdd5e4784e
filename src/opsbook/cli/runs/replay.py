"""Repeat what models wrote in a run, asking nobody.

The answers of its transcript pass today's checks again. Exit code 1 when one of them comes to another text than the
record has.
"""

from __future__ import annotations

from difflib import unified_diff
from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import console, show_items
from opsbook.runs.replay import Outcome, Replayed, replay


def run(
    run_id: Annotated[str, typer.Argument(help="the run's id")],
    step: Annotated[str | None, typer.Option(help="only this step: its id or its path")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    async def repeated(app: App) -> list[Replayed]:
        return await replay(app.body, run_id, step)

    found = with_app(repeated)
    told = [{**one.as_json(), "questions": _questions(one)} for one in found]
    show_items(told, ("outcome", "step_id", "path", "questions", "reason"), as_json=as_json, title="Replay")
    changed = [one for one in found if one.outcome is Outcome.CHANGED]
    if not as_json:
        for one in changed:
            _print_difference(one)
    return 1 if changed else 0


def _questions(one: Replayed) -> str | None:
    return None if one.same_questions is None else "same" if one.same_questions else "changed"


def _print_difference(one: Replayed) -> None:
    before, after = str(one.kept).splitlines(), str(one.today or "").splitlines()
    console().print("")
    for line in unified_diff(before, after, "in the record", "today", lineterm="", n=1):
        console().print(line, markup=False)
