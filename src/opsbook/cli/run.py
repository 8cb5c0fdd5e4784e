"""Run a playbook now and follow it to its end.

Exit codes: 0 it did its job, 1 failed or partial, 4 criteria not met (with --strict), 5 it waits, for a person or for
longer than a minute, 6 timed out, 7 cancelled, 8 no such playbook, 9 disabled.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._carrying import to_its_end
from opsbook.cli._opening import with_app
from opsbook.cli._person import actor
from opsbook.cli._printing import console, show
from opsbook.cli._progress import Progress
from opsbook.cli._runs import exit_code, print_end, record
from opsbook.runs.acceptance import Request
from opsbook.runs.standing import Standing
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import JsonObject

verb = typer.Typer()

InputOption = Annotated[
    list[str] | None, typer.Option("--input", "-i", help="name=value, or one JSON object; may be repeated")
]
JsonOption = Annotated[bool, typer.Option("--json", help="print one JSON object and nothing else")]


@verb.command()
def run(
    playbook_id: Annotated[str, typer.Argument(help="the playbook's id")],
    inputs: InputOption = None,
    wait: Annotated[bool, typer.Option(help="follow it to its end, or only have it accepted")] = True,
    strict: Annotated[bool, typer.Option(help="exit with 4 when its criteria are not met")] = False,
    as_json: JsonOption = False,
) -> int:
    request = Request(playbook_id, inputs=given(inputs or []))
    told = with_app(lambda app: started(app, request, wait=wait, quiet=as_json))
    if as_json:
        show(told, as_json=True)
    elif wait:
        print_end(told)
    else:
        console().print(f"{told['id']} is accepted. The server carries it out (`opsbook up`).")
    return exit_code(told, strict=strict) if wait else 0


async def started(app: App, request: Request, *, wait: bool, quiet: bool) -> JsonObject:
    """Accept the run; with `wait`, carry or follow it to its end. Answers its record."""
    Standing(app.records.playbooks, app.catalog).get(request.playbook_id, enabled_only=not request.dry_run)
    accepted = await app.operations.start(replace(request, actor=actor(app.people)))
    run_id = accepted.run["id"]
    if wait:
        with Progress(run_id, quiet=quiet) as progress:
            await to_its_end(app, run_id, progress)
    return record(app, run_id)


def given(texts: list[str]) -> JsonObject:
    """The inputs: `name=value` (the value is JSON where it can be, else text), or a whole JSON object."""
    found: JsonObject = {}
    for text in texts:
        if text.lstrip().startswith("{"):
            whole = _json(text)
            if not isinstance(whole, dict):
                raise InvalidInput("An input that begins with { is a JSON object.", field="--input")
            found.update(whole)
            continue
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InvalidInput(f"{text!r} is not an input.", field="--input", cure="Write name=value or a JSON object.")
        found[name] = _json(value, or_text=True)
    return found


def _json(text: str, *, or_text: bool = False) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        if or_text:
            return text
        raise InvalidInput(f"This is not JSON: {error}.", field="--input") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
