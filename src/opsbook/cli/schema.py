"""Print the JSON Schema of playbooks, for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opsbook.cli._documents import catalog, write_document
from opsbook.playbooks.schema import schema_text

verb = typer.Typer()


@verb.command()
def run(out: Annotated[Path | None, typer.Option(help="write it to this file instead")] = None) -> None:
    text = schema_text(catalog())
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_document(out, text)
