"""Approve what waits for a decision.

It is approved exactly as it was frozen. You are the person whose account this is in the settings (os_user), the one
whom --as names, or the only one there is.
Where a run of this machine waited for it, it goes on and is followed to its end.
"""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.cli._deciding import decide
from opsbook.cli.run import given
from opsbook.inbox.deciding import Decision

verb = typer.Typer()


@verb.command()
def run(
    approval_id: Annotated[str, typer.Argument(help="the approval's id, from `approvals list`")],
    note: Annotated[str | None, typer.Option(help="what the others should know")] = None,
    form: Annotated[list[str] | None, typer.Option(help="name=value of its form; may be repeated")] = None,
    digest: Annotated[str | None, typer.Option(help="refuse when it is about something else than this")] = None,
    person: Annotated[str | None, typer.Option("--as", help="who you are, by the settings' name")] = None,
    wait: Annotated[bool, typer.Option(help="follow the run that waited for it to its end")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    decision = Decision("approved", "cli", note, given(form or []), digest)
    return decide(approval_id, person, decision, wait=wait, as_json=as_json)
