"""The entry: finds the verbs, loads the one that is asked for, and turns errors into exit codes."""

from __future__ import annotations

import ast
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from opsbook import __version__
from opsbook.sdk.errors import CallerMistake, InvalidDefinition, InvalidInput, OpsbookError

HERE = Path(__file__).parent
USAGE: Any = typer.BadParameter.__mro__[2]  # the command-line library's own base error, whichever copy Typer carries
COMPLETION = frozenset({"install_completion", "show_completion"})  # Typer adds them to every command made alone
NO_VERBS = frozenset({"main", "reference"})


class Verbs(TyperGroup):
    """Every file of this folder is a verb; only the one that is called is imported."""

    def list_commands(self, ctx: Any) -> list[str]:
        found = [path for path in HERE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
        return sorted(_spoken(path.stem) for path in found if _is_verb(path.stem))

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        return Lazy(cmd_name)


class Lazy(TyperCommand):
    """A verb that has not been imported: it knows its help, and loads itself when it is called."""

    def __init__(self, name: str) -> None:
        super().__init__(name, help=_docstring(name), add_help_option=False, rich_markup_mode=None)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        return self.loaded().make_context(info_name, args, parent, **extra)

    def loaded(self) -> Any:
        command: Any = typer.main.get_command(import_module(f"opsbook.cli.{_file(str(self.name))}").verb)
        command.name = self.name
        command.params = [parameter for parameter in command.params if parameter.name not in COMPLETION]
        command.help = command.help or self.help
        command.rich_markup_mode = None  # plain text like the root's help, at any width
        return command


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"opsbook {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Run the operations of a SaaS platform from playbooks."""


def command() -> Any:
    """The whole command line."""
    root = typer.Typer(cls=Verbs, name="opsbook", no_args_is_help=True, add_completion=False, rich_markup_mode=None)
    root.callback()(_root)
    return typer.main.get_command(root)


def run(args: list[str] | None = None) -> None:
    """Run the command line and exit with its code. A person's mistake is told in two lines, never as a trace."""
    words = sys.argv[1:] if args is None else args
    try:
        _refuse_bytes(words)
        code = command().main(words, prog_name="opsbook", standalone_mode=False)
    except typer.Abort:
        code = 130
    except USAGE as error:
        error.show()
        code = error.exit_code
    except OpsbookError as error:
        code = _told(error, as_json="--json" in words)
    sys.exit(code if isinstance(code, int) else 0)


def _refuse_bytes(words: list[str]) -> None:
    """A word that is not UTF-8 can be kept in no store and printed on no terminal."""
    for place, word in enumerate(words, 1):
        if any("\ud800" <= character <= "\udfff" for character in word):
            cure = "Type it again; a file with such a name needs another name."
            raise InvalidInput(f"Word {place} of the command line is not UTF-8.", field="words", cure=cure)


def _told(error: OpsbookError, *, as_json: bool) -> int:
    problems = [str(problem) for problem in error.problems] if isinstance(error, InvalidDefinition) else []
    if as_json:
        body: dict[str, Any] = {"code": error.code, "message": error.sentence, "cure": error.cure}
        if problems:
            body["problems"] = problems
        typer.echo(json.dumps({"error": body}, ensure_ascii=False))
        return error.exit_code
    if len(problems) != 1 or "\n" not in error.sentence:  # one problem with its text and caret is told once
        for line in problems:
            typer.echo(line, err=True)
    typer.secho(error.sentence, err=True, fg=typer.colors.RED, bold=True)
    if error.cure:
        typer.echo(error.cure, err=True)
    if not isinstance(error, CallerMistake) and error.__cause__ is not None:
        typer.echo(f"(caused by {type(error.__cause__).__name__})", err=True)
    return error.exit_code


def _is_verb(stem: str) -> bool:
    return not stem.startswith("_") and stem not in NO_VERBS


def _spoken(stem: str) -> str:
    return stem.rstrip("_").replace("_", "-")


def _file(verb: str) -> str:
    stem = verb.replace("-", "_")
    return stem if (HERE / f"{stem}.py").exists() or (HERE / stem).is_dir() else f"{stem}_"


def _docstring(verb: str) -> str:
    path = HERE / f"{_file(verb)}.py"
    path = path if path.exists() else HERE / _file(verb) / "__init__.py"
    return ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
