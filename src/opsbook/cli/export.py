"""Write a playbook file as canonical YAML, or as JSON."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from opsbook.cli._documents import catalog, name_of, read_document, write_document
from opsbook.playbooks.format import format_playbook
from opsbook.playbooks.load import load_playbook

verb = typer.Typer()


class Form(StrEnum):
    YAML = "yaml"
    JSON = "json"


@verb.command()
def run(
    file: Annotated[Path, typer.Argument(help="a playbook in YAML or JSON; - reads the standard input")],
    form: Annotated[Form, typer.Option("--format", help="yaml keeps comments, json leaves them out")] = Form.YAML,
    out: Annotated[Path | None, typer.Option(help="write it to this file instead")] = None,
) -> None:
    text = read_document(file)
    known = catalog()
    if form is Form.YAML:
        written = format_playbook(text, known, name_of(file))
    else:
        document = load_playbook(text, known, name_of(file)).document()
        written = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if out is None:
        typer.echo(written, nl=False)
    else:
        write_document(out, written)
