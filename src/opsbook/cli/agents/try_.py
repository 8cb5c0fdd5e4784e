"""Give an agent a piece of work now, outside any playbook. Only its reading tools are carried out.

What acts is answered as in a dry run; nothing is recorded as a run.
"""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import coloured, console, show
from opsbook.cli.run import given
from opsbook.sdk.step import Done, RunFacts
from opsbook.sdk.tool import ToolContext, ToolResult
from opsbook.sdk.values import JsonObject, plain
from opsbook.sdk.work import Assignment, ToolRequest
from opsbook.tools.gateway import Gateway


def run(
    agent_id: Annotated[str, typer.Argument(help="the agent's id")],
    task: Annotated[str, typer.Option(help="what it is asked")] = "Say what you see.",
    tool: Annotated[list[str] | None, typer.Option(help="one of its tools; may be repeated; default: its own")] = None,
    inputs: Annotated[
        list[str] | None, typer.Option("--with", help="an argument of the tools, name=value, or one JSON object")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    args = given(inputs or [])
    done = with_app(lambda app: tried(app, agent_id, task, tuple(tool or ()), args))
    if as_json:
        show({"value": done.value, "figures": dict(done.figures), "details": done.details}, as_json=True)
        return
    console().print(coloured(str(done.details["summary"])))
    for warning in done.warnings:
        console().print(f"[yellow]{coloured(warning)}[/]")
    show(done.value, as_json=False)


async def tried(app: App, agent_id: str, task: str, tools: tuple[str, ...], args: JsonObject) -> Done:
    """The work as a delegate step would have it done, in a dry run of no playbook."""
    run = RunFacts("try", "try", "Trying out", app.world.clock.now(), ZoneInfo("UTC"), True, "manual")
    gateway = Gateway(app.body.services.gateway.tools, clock=app.world.clock)

    async def call(name: str, given_args: JsonObject, caller: str) -> ToolResult:
        context = ToolContext(run.as_of, run.timezone, run.run_id, "try", f"try:{name}", True, caller)
        allowed = app.desk.roster.get(caller).can.tools
        return await gateway.call(name, given_args, context, allowed=allowed, timeout=None)

    requests = tuple(ToolRequest(name, args, None) for name in tools)
    work = Assignment(agent_id, task, requests, {} if requests else args)
    found = await app.desk.delegate(work, run, call, from_agent=agent_id)
    return Done(plain(found.value), found.figures, found.warnings, found.details)
