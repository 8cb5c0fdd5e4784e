"""Evaluate an expression over a JSON context.

With --batch, each line of the file is `{"expr": ..., "context": {...}}` and each line printed is `{"value": ...}` or
`{"error": {...}}`, in the same order.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from opsbook.cli._printing import show
from opsbook.playbooks.expressions import evaluate
from opsbook.sdk.errors import InvalidInput, OpsbookError
from opsbook.sdk.values import Json, Unknown, plain

LONGEST_LINE = 16 * 1024 * 1024  # bytes of JSON

verb = typer.Typer()


@verb.command()
def run(
    expr: Annotated[str, typer.Argument(help="the expression; none with --batch")] = "",
    context: Annotated[Path | None, typer.Option(help="a JSON file: the names that it can read")] = None,
    batch: Annotated[Path | None, typer.Option(help="a JSONL file of expressions and contexts")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    if batch is not None:
        for line in _lines(batch):
            typer.echo(json.dumps(_answer(line)))
        return
    if not expr:
        raise InvalidInput("There is no expression.", field="expr", cure="Give one, or a file with --batch.")
    names = _object(_bytes(context)) if context else {}
    value = _shown(evaluate(expr, names))
    show({"value": value} if as_json else plain(value), as_json=as_json)


def _answer(line: bytes) -> dict[str, Json]:
    try:
        asked = _object(line)
        source, names = asked.get("expr"), asked.get("context", {})
        if not isinstance(source, str) or not isinstance(names, dict):
            raise InvalidInput("A line is {expr: text, context: object}.", field="expr")
        return {"value": _shown(evaluate(source, names))}
    except OpsbookError as error:
        return {"error": {"code": error.code, "message": error.sentence, "cure": error.cure}}


def _shown(value: Json | Unknown) -> Json:
    return value.as_json() if isinstance(value, Unknown) else value


def _object(data: bytes) -> dict[str, Any]:
    if len(data) > LONGEST_LINE:
        raise InvalidInput(f"The JSON is larger than {LONGEST_LINE >> 20} MB.", field="context")
    try:
        found = json.loads(data.decode("utf-8"), parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise InvalidInput("The JSON is nested too deeply.", field="context") from None
    except ValueError as error:
        raise InvalidInput(f"This is not JSON: {error}.", field="context") from None
    if not isinstance(found, dict):
        raise InvalidInput("A context is a JSON object.", field="context", cure='Write it like {"orders": 3}.')
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is not a number that JSON can hold")
    return number


def _lines(path: Path) -> Iterator[bytes]:
    """One at a time: a batch may be larger than the memory. Of a line that is too long nothing more is kept."""
    with _opened(path) as file:
        while line := file.readline(LONGEST_LINE + 1):
            whole = line
            while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                line = file.readline(LONGEST_LINE + 1)
            if whole.strip():
                yield whole


def _bytes(path: Path) -> bytes:
    with _opened(path) as file:
        return file.read(LONGEST_LINE + 1)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidInput(f"{path} cannot be read: {why}.", field=str(path)) from error
