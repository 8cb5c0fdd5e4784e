"""List the data sets: what each is about, and its cases."""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.agents.evals.datasets import datasets
from opsbook.cli._printing import show_items

COLUMNS = ("name", "cases", "about", "digest")


def run(as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> None:
    rows = [
        {
            "name": one.name,
            "about": one.about,
            "digest": one.digest,
            "cases": [{"name": case.name, "about": case.about} for case in one.cases],
        }
        for one in datasets().values()
    ]
    if as_json:
        show_items(rows, (), as_json=True)
        return
    show_items([{**row, "cases": len(row["cases"])} for row in rows], COLUMNS, as_json=False, title="Data sets")
