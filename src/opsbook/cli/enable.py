"""Let a playbook run again.

By its schedule, by hand and through the doors.
"""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.cli._switching import switch

verb = typer.Typer()


@verb.command()
def run(
    playbook_id: Annotated[str, typer.Argument(help="the playbook's id")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    switch(playbook_id, True, as_json=as_json)
