"""Say what is missing or odd in this deployment.

Settings, secrets, store, interpreter, playbooks and slots. Exit code 1 when something is wrong. Secrets are named,
never shown. `opsbook probe` asks the systems; from here nothing is sent, but to fetch secrets that settings refer to.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._opening import deployment, with_app
from opsbook.cli._printing import show_items
from opsbook.cli.doctor import _machine, _mirror, _records, _setup
from opsbook.cli.doctor._finding import Finding
from opsbook.sdk.errors import OpsbookError

verb = typer.Typer()


@verb.command()
def run(as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> int:
    found = [*_setup.file(os.environ), *_machine.look()]
    try:
        here = deployment()
        found += _setup.look(here.settings)
        found += with_app(_looked, here)
    except OpsbookError as error:
        found.append(
            Finding("store" if error.code.startswith("store") else "settings", "bad", error.sentence, error.cure)
        )
    rows = [finding.as_json() for finding in found]
    show_items(rows, ("state", "check", "found", "cure"), as_json=as_json, title="Findings", under={"cure": "found"})
    return 1 if any(finding.state == "bad" for finding in found) else 0


async def _looked(app: App) -> list[Finding]:
    return [*_records.look(app), *_mirror.look(app)]
