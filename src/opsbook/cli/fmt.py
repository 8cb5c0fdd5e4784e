"""Write playbooks in canonical form, comments kept.

Key order, indentation, durations. Without an option the result is printed; --write changes the files, --check only
tells which ones would change.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opsbook.cli._documents import catalog, name_of, read_document, write_document
from opsbook.playbooks.format import format_playbook
from opsbook.sdk.errors import InvalidInput

verb = typer.Typer()

WOULD_CHANGE = 1


@verb.command()
def run(
    files: Annotated[list[Path], typer.Argument(help="playbooks in YAML or JSON; - reads the standard input")],
    check: Annotated[bool, typer.Option("--check", help="exit with 1 when a file is not in canonical form")] = False,
    write: Annotated[bool, typer.Option("--write", help="change the files")] = False,
) -> None:
    if check and write:
        raise InvalidInput("--check and --write exclude each other.", field="--check", cure="Choose one.")
    if len(files) > 1 and not (check or write):
        raise InvalidInput("Several files cannot be printed.", field="files", cure="Add --write or --check.")
    known = catalog()
    texts = {path: read_document(path) for path in files}
    formatted = {path: format_playbook(text, known, name_of(path)) for path, text in texts.items()}
    if not (check or write):
        typer.echo(formatted[files[0]], nl=False)
        return
    changed = [path for path in files if formatted[path] != texts[path]]
    for path in changed:
        if write:
            write_document(path, formatted[path])
        typer.echo(f"{name_of(path)}: {'written' if write else 'would change'}")
    if check and changed:
        raise typer.Exit(WOULD_CHANGE)
