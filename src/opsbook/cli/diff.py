"""Compare two playbooks by meaning.

Steps, criteria, alerts, schedule and what they may reach; layout and comments do not count. Lines that begin with !
let the later playbook reach further than the earlier one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opsbook.cli._documents import catalog, name_of, read_document
from opsbook.cli._printing import show
from opsbook.playbooks.diff import compare, render
from opsbook.playbooks.load import load_playbook

verb = typer.Typer()


@verb.command()
def run(
    before: Annotated[Path, typer.Argument(help="the earlier playbook")],
    after: Annotated[Path, typer.Argument(help="the later playbook")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    known = catalog()
    old, new = (load_playbook(read_document(path), known, name_of(path)) for path in (before, after))
    found = compare(old, new, known)
    if as_json:
        show(found.as_json(), as_json=True)
    else:
        typer.echo(render(found), nl=False)
