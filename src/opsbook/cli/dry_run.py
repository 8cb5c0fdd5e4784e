"""Run a playbook without effects, and say what it would do.

Reads are real. Disabled playbooks may be tried as well. Exit codes are those of `run`.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.cli._opening import with_app
from opsbook.cli._printing import show, show_items
from opsbook.cli._runs import exit_code, print_end
from opsbook.cli.run import InputOption, JsonOption, given, started
from opsbook.runs.acceptance import Request

verb = typer.Typer()


@verb.command()
def run(
    playbook_id: Annotated[str, typer.Argument(help="the playbook's id")],
    inputs: InputOption = None,
    strict: Annotated[bool, typer.Option(help="exit with 4 when its criteria are not met")] = False,
    as_json: JsonOption = False,
) -> int:
    request = Request(playbook_id, inputs=given(inputs or []), dry_run=True)
    told = with_app(lambda app: started(app, request, wait=True, quiet=as_json))
    if as_json:
        show(told, as_json=True)
    else:
        steps: Any = told["steps"]
        would = [{**row, "step": step["id"]} for step in steps for row in step.get("deliveries") or []]
        if would:
            show_items(would, ("step", "channel", "recipient", "state"), as_json=False, title="Would have been sent")
        print_end(told)
    return exit_code(told, strict=strict)
