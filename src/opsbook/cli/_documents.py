"""Playbooks as files: read with a limit, written whole or not at all, problems as lines and as JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile

from opsbook.integrations.catalog import systems
from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.load import decode
from opsbook.playbooks.text.reader import MOST_BYTES
from opsbook.runs.catalog import catalog as deployment_catalog
from opsbook.sdk.errors import InvalidInput, Problem
from opsbook.sdk.values import JsonObject
from opsbook.settings import read_settings
from opsbook.tools.mcp.outside import entries

STDIN = Path("-")


def catalog() -> Catalog:
    """What this deployment knows: the product's own step types and tools, the settings' roster and systems."""
    settings = read_settings()
    known, outside = systems(settings.integrations), entries(settings.mcp.servers, settings.home)
    return deployment_catalog(settings.roster, systems=known, outside=outside)


def read_document(path: Path) -> str:
    """The text of a file, or of the standard input for `-`. What is too long is read no further than needed to say so.

    Raises `InvalidInput` when it cannot be read, `InvalidDefinition` when it is not UTF-8.
    """
    try:
        if path == STDIN:
            raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.", field=str(path)) from error
    if len(raw) > MOST_BYTES:
        return raw.decode("utf-8", "replace")  # refused for its length, whatever it holds
    return decode(raw, name_of(path))


def name_of(path: Path) -> str:
    """What messages call the file."""
    return "<stdin>" if path == STDIN else str(path)


def write_document(path: Path, text: str) -> None:
    """Write a file so that it is the old one or the new one at any moment. Raises `InvalidInput`."""
    try:
        with NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", newline="\n", delete=False) as file:
            file.write(text)
        if path.exists():
            os.chmod(file.name, path.stat().st_mode & 0o777)
        else:
            os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror or error}.", field=str(path)) from error


def problem_json(problem: Problem) -> JsonObject:
    """A problem for programs."""
    place = problem.place
    return {
        "severity": problem.severity,
        "code": problem.code,
        "message": problem.sentence,
        "cure": problem.cure,
        "path": problem.path,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }


def problem_lines(problems: Iterable[Problem]) -> list[str]:
    """`file:line:column: error: what is wrong. How to mend it.`, one line each."""
    return [
        f"{problem.place}: {problem.severity}: {' '.join(f'{problem.sentence} {problem.cure}'.split())}"
        for problem in problems
    ]
