"""Check playbooks: their text, shape and meaning.

Each problem is one line, file:line:column first. Exit code 3 when a file is refused; warnings alone refuse nothing,
unless --strict asks for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opsbook.cli._documents import catalog, name_of, problem_json, problem_lines, read_document
from opsbook.cli._printing import console, show
from opsbook.playbooks.load import check_playbook
from opsbook.playbooks.model import Playbook
from opsbook.sdk.errors import InvalidDefinition, Problem
from opsbook.sdk.values import JsonObject

verb = typer.Typer()


@verb.command()
def run(
    files: Annotated[list[Path], typer.Argument(help="playbooks in YAML or JSON; - reads the standard input")],
    strict: Annotated[bool, typer.Option("--strict", help="refuse warnings too")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    known = catalog()
    rows: list[JsonObject] = []
    refused = False
    for path in files:
        try:
            playbook, problems = check_playbook(read_document(path), known, name_of(path))
        except InvalidDefinition as error:
            playbook, problems = None, error.problems
        valid = playbook is not None and not (strict and problems)
        refused |= not valid
        rows.append(
            {
                "file": name_of(path),
                "id": playbook.id if playbook else None,
                "valid": valid,
                "problems": [problem_json(problem) for problem in problems],
            }
        )
        if not as_json:
            _tell(name_of(path), playbook, problems)
    if as_json:
        show({"items": rows}, as_json=True)
    if refused:
        raise typer.Exit(InvalidDefinition.exit_code)


def _tell(name: str, playbook: Playbook | None, problems: tuple[Problem, ...]) -> None:
    for line in problem_lines(problems):
        typer.echo(line)
    if playbook is not None:
        steps = sum(1 for _ in playbook.every_step())
        console().print(
            f"{name}: {playbook.id} is valid ({steps} step{'s' * (steps != 1)})", markup=False, soft_wrap=True
        )
