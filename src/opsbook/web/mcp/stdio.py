"""On a program's own streams: whoever started the program is who asks."""

from __future__ import annotations

import re
from dataclasses import replace

from mcp.server.stdio import stdio_server

from opsbook.app import App
from opsbook.runs.standing import Standing
from opsbook.settings.mcp import EVERY, Right
from opsbook.web.house import House
from opsbook.web.mcp.asked import Carrier
from opsbook.web.mcp.caller import Caller
from opsbook.web.mcp.server import Context, Desk

LONGEST_NAME = 40


async def serve(app: App, carrier: Carrier, *, allow_runs: bool) -> None:
    """Until the streams end. All playbooks are seen; runs with effects only with `allow_runs`."""
    rights = {Right.READ, Right.DRY_RUN, *([Right.RUN] if allow_runs else [])}
    caller = Caller("stdio", frozenset(rights), frozenset({EVERY}))
    house = House(app, Standing(app.records.playbooks, app.catalog))
    server = Desk(house, carrier, lambda context: replace(caller, name=_name(context) or caller.name)).server()
    async with stdio_server() as (reads, writes):
        await server.run(reads, writes, server.create_initialization_options())


def _name(context: Context) -> str:
    """What the client calls itself, as far as a record can hold it. It is a name and proves nothing."""
    known = context.session.client_params
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", known.client_info.name)[:LONGEST_NAME] if known else ""
