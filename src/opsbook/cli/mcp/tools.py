"""Show what a configured server offers, and the lines that allow a tool as it is now.

Read a tool's words before you allow it: they reach your agents. A tool that says something else later is refused.
What was seen is kept in the home folder, and models learn from it how an allowed tool is called.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any

import typer

from opsbook.cli._opening import deployment
from opsbook.cli._printing import coloured, console, show
from opsbook.sdk.errors import NotFound
from opsbook.settings import Settings
from opsbook.tools.mcp.configured import ServerSettings
from opsbook.tools.mcp.offered import Offered
from opsbook.tools.mcp.outside import asking_of, why_not
from opsbook.tools.mcp.seen import keep

LONGEST_WORDS = 2000  # of a description on the screen; the digest covers all of it


def run(
    server: Annotated[str, typer.Argument(help="its name in the settings")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    here = deployment()
    configured = known(here.settings, server)
    asking = asking_of(server, configured, here.http, errors=sys.__stderr__)
    found: list[Offered] = asyncio.run(asking.tools())
    _keep(here.settings, server, found)
    items = [{**vars(tool), "digest": tool.digest, "state": state(server, configured, tool)} for tool in found]
    gone = [{"name": name, "state": "gone"} for name in sorted(configured.tools) if name not in {o.name for o in found}]
    if as_json:
        show({"items": [*items, *gone]}, as_json=True)
        return
    for item in (*items, *gone):
        _print(server, item)


def known(settings: Settings, server: str) -> ServerSettings:
    """The server of this name. Raises `NotFound`."""
    servers = settings.mcp.servers
    if server not in servers:
        near = get_close_matches(server, servers, n=1, cutoff=0.5)
        there = f"There are: {', '.join(sorted(servers))}." if servers else "None is set: see docs/howto/mcp.md."
        cure = f"Did you mean {near[0]}?" if near else there
        raise NotFound(f"There is no server {server} in the settings.", cure=cure, code="no_server")
    return servers[server]


def state(server: str, settings: ServerSettings, tool: Offered) -> str:
    """`allowed`, `changed` since it was allowed, `acts` by its own word, or `not_allowed`."""
    if tool.name not in settings.tools:
        return "acts" if tool.says_read_only is False else "not_allowed"
    why = why_not(server, tool.name, settings.tools[tool.name], tool)
    return {"tool_changed": "changed", "tool_not_read_only": "acts"}[why.code] if why else "allowed"


def _keep(settings: Settings, server: str, found: list[Offered]) -> None:
    try:
        keep(settings.home, server, found)
    except OSError as error:
        typer.echo(f"(It is not kept for the agents to read: {error.strerror or error}.)", err=True)


def _print(server: str, item: Mapping[str, Any]) -> None:
    out = console()
    out.print(f"[bold]{coloured(item['name'])}[/] {coloured(item['state'])}")
    if item["state"] == "gone":
        return
    words = "".join(char if char.isprintable() else " " for char in item["description"])
    out.print(f"  {coloured(words[:LONGEST_WORDS]) or 'It says nothing of itself.'}")
    if item["state"] in ("not_allowed", "changed"):
        typer.echo(f'  [mcp.servers.{server}.tools."{item["name"]}"]')
        typer.echo(f'  effect = "read"\n  digest = "{item["digest"]}"')
