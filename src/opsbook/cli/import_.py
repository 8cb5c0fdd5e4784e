"""Print a playbook of another system in our own dialect.

It comes out disabled. What was assumed, changed or switched off is told on the standard error, a line each. Nothing is
published.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opsbook.cli._documents import catalog, name_of, problem_json, problem_lines, read_document, write_document
from opsbook.cli._printing import show
from opsbook.playbooks.importers import import_text

verb = typer.Typer()


@verb.command()
def run(
    file: Annotated[Path, typer.Argument(help="the document; - reads the standard input")],
    dialect: Annotated[str | None, typer.Option(help="a, own; recognised when left out")] = None,
    out: Annotated[Path | None, typer.Option(help="write the playbook to this file instead")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    found = import_text(read_document(file), catalog(), dialect, name_of(file))
    if out is not None:
        write_document(out, found.text)
    if as_json:
        warnings = [problem_json(problem) for problem in found.warnings]
        show({"dialect": found.dialect, "warnings": warnings, "text": found.text}, as_json=True)
        return
    for line in problem_lines(found.warnings):
        typer.echo(line, err=True)
    if out is None:
        typer.echo(found.text, nl=False)
