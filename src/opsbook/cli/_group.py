"""A verb that is a folder: each file in it is a verb of its own, named after the file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import typer


def group(package: str, folder: str, words: str | None) -> typer.Typer:
    """The verbs of a folder: every file that does not begin with an underscore holds a `run`. `words` is the help."""
    verbs = typer.Typer(no_args_is_help=True, help=words, rich_markup_mode=None)
    verbs.callback()(_stay_a_group)
    for path in sorted(Path(folder).parent.glob("[!_]*.py")):
        module = import_module(f"{package}.{path.stem}")
        verbs.command(path.stem.rstrip("_").replace("_", "-"), help=module.__doc__)(module.run)
    return verbs


def _stay_a_group() -> None:
    """Without this a folder with one verb would become that verb."""
