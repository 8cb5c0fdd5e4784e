"""`python -m opsbook.cli.reference <folder>`: write the reference pages."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from opsbook.cli.reference import write

if __name__ == "__main__":
    for path in write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference")):
        typer.echo(path)
