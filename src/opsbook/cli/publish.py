"""Publish playbooks: what is checked here runs from now on.

All files are checked first: when one is refused, none is published. Runs in flight keep the version they began with.
"""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items
from opsbook.playbooks.load import load_playbook
from opsbook.playbooks.model import Playbook
from opsbook.sdk.errors import Conflict, InvalidDefinition, InvalidInput, Problem

verb = typer.Typer()

MOST_BYTES = 256 * 1024


@verb.command()
def run(
    files: Annotated[list[Path], typer.Argument(help="playbooks in YAML or JSON")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    texts = {path: text_of(path) for path in files}

    async def published(app: App) -> list[dict[str, Any]]:
        author = f"cli:{getpass.getuser()}"
        checked = _checked(app, texts)
        return [_publish(app, playbook, texts[path], author) for path, playbook in checked.items()]

    show_items(with_app(published), ("id", "version", "changed", "enabled"), as_json=as_json, title="Published")


def text_of(path: Path) -> str:
    """The text of a playbook's file. Raises `InvalidInput`."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput(f"{path} is larger than {MOST_BYTES} bytes.", field=str(path), cure="Split it.")
        return path.read_text("utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.", field=str(path)) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8.", field=str(path), cure="Save it as UTF-8.") from error


def _checked(app: App, texts: dict[Path, str]) -> dict[Path, Playbook]:
    found: dict[Path, Playbook] = {}
    problems: list[Problem] = []
    for path, text in texts.items():
        try:
            found[path] = load_playbook(text, app.catalog, str(path))
        except InvalidDefinition as error:
            problems += error.problems or (Problem(f"{path}: {error.sentence}", error.cure),)
    if problems:
        raise InvalidDefinition("Nothing was published.", problems=problems)
    named: dict[str, Path] = {}
    for path, playbook in found.items():
        if playbook.id in named:
            raise Conflict(f"{named[playbook.id]} and {path} are both {playbook.id}.", cure="Publish one of them.")
        named[playbook.id] = path
    return found


def _publish(app: App, playbook: Playbook, text: str, author: str) -> dict[str, Any]:
    version, changed = app.operations.publish(playbook, text, author)
    row = app.records.playbooks.get(playbook.id)
    return {"id": playbook.id, "version": version, "changed": changed, "enabled": bool(row and row["enabled"])}
