"""Draw a token for an agent, and print the lines that let it in.

The token is shown once and kept nowhere: the settings hold its hash.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from typing import Annotated

import typer

from opsbook.cli._printing import show
from opsbook.sdk.errors import InvalidInput
from opsbook.settings.mcp import EVERY, NAME, Right

BYTES = 32


def run(
    name: Annotated[str, typer.Argument(help="what the agent is called in the settings and in the records")],
    rights: Annotated[list[Right] | None, typer.Option("--right", help="may be repeated; by default read")] = None,
    playbooks: Annotated[list[str] | None, typer.Option("--playbook", help="may be repeated; by default all")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    if not re.match(NAME, name):
        cure = "Use small letters, digits, - and _; begin with a letter."
        raise InvalidInput(f"{name!r} is no name for an agent.", field="name", cure=cure)
    token = secrets.token_urlsafe(BYTES)
    held = [right.value for right in dict.fromkeys(rights or [Right.READ])]
    line = {
        "sha256": hashlib.sha256(token.encode()).hexdigest(),
        "rights": held,
        "playbooks": playbooks or [EVERY],
    }
    if as_json:
        show({"name": name, "token": token, **line}, as_json=True)
        return
    typer.echo(f"The token, shown this once: {token}\n\nFor the settings file:\n\n[mcp.tokens.{name}]")
    for key, value in line.items():
        typer.echo(f"{key} = {json.dumps(value)}")
