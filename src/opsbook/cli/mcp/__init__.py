"""Serve other agents over the Model Context Protocol.

It speaks on the standard streams.

An agent's program starts this one: it sees the playbooks and their runs, asks the tools that only read, and tries
playbooks without effects. See docs/howto/mcp.md for the lines that it needs. The door on HTTP is part of `opsbook up`.
"""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._group import group
from opsbook.cli._opening import with_app
from opsbook.cli.mcp._carrying import Carrying
from opsbook.sdk.errors import PersonNeeded

verb = group(__name__, __file__, __doc__)


@verb.callback(invoke_without_command=True, no_args_is_help=False)
def serve(
    context: typer.Context,
    allow_runs: Annotated[
        bool, typer.Option("--allow-runs", help="let the agent run playbooks for real, effects included")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever reads the input cannot be interrupted in another way
        with_app(lambda app: _served(app, allow_runs=allow_runs))


async def _served(app: App, *, allow_runs: bool) -> None:
    try:
        from opsbook.web.mcp import stdio  # noqa: PLC0415 the protocol's library takes a second to import
    except ImportError as error:
        raise PersonNeeded(
            "The package that speaks with other agents is not installed.",
            cure="Run: pip install 'opsbook[mcp]'.",
            code="missing_extra",
        ) from error
    async with Carrying(app) as carrying:
        await stdio.serve(app, carrying, allow_runs=allow_runs)
