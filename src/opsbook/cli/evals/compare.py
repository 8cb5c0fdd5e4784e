"""Compare two outcomes of `opsbook evals run --out`: score by score, and the cases that became worse."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opsbook.agents.evals.outcomes import compared, read_outcome, worse_in
from opsbook.cli._printing import console, show, show_items

COLUMNS = ("data set", "score", "before", "after", "change")


def run(
    before: Annotated[Path, typer.Argument(help="the outcome to compare with")],
    after: Annotated[Path, typer.Argument(help="the other one")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    first, second = read_outcome(before), read_outcome(after)
    rows, worse = compared(first, second), worse_in(first, second)
    who = [
        {"candidate": one.candidate, "instructions": one.instructions, "product": one.product, "ran_at": one.ran_at}
        for one in (first, second)
    ]
    if as_json:
        told = {"before": who[0], "after": who[1], "items": [row.as_json() for row in rows], "worse": worse}
        show(told, as_json=True)
        return
    for label, one in zip(("before", "after"), who, strict=True):
        words = f", instructions {one['instructions']}" if one["instructions"] else ""
        line = f"{label}: {one['candidate']} at {one['ran_at']}, opsbook {one['product']}{words}"
        console().print(line, markup=False, soft_wrap=True)
    shown = [
        {
            "data set": row.dataset,
            "score": row.score,
            "before": _share(row.before),
            "after": _share(row.after),
            "change": "" if row.change is None else f"{row.change:+.2f}",
        }
        for row in rows
    ]
    show_items(shown, COLUMNS, as_json=False, title="Scores")
    for line in worse:
        console().print(f"worse: {line}", markup=False, soft_wrap=True)


def _share(value: float | None) -> str:
    return "not asked" if value is None else f"{value:.2f}"
