"""Reject what waits for a decision, with the reason. One rejection ends it."""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.cli._deciding import decide
from opsbook.inbox.deciding import Decision

verb = typer.Typer()


@verb.command()
def run(
    approval_id: Annotated[str, typer.Argument(help="the approval's id, from `approvals list`")],
    reason: Annotated[str, typer.Option(help="what is to be changed")],
    digest: Annotated[str | None, typer.Option(help="refuse when it is about something else than this")] = None,
    person: Annotated[str | None, typer.Option("--as", help="who you are, by the settings' name")] = None,
    wait: Annotated[bool, typer.Option(help="follow the run that waited for it to its end")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    decision = Decision("rejected", "cli", reason, digest=digest)
    return decide(approval_id, person, decision, wait=wait, as_json=as_json)
