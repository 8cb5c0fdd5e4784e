"""Say what is missing or odd in this deployment.

Settings, secrets, store, interpreter, playbooks, slots, and for each system what to set. Exit code 1 when something is
wrong. Secrets are named, never shown. Nothing is sent, but to fetch secrets that settings refer to; with --probe the
systems are asked how they are.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._opening import deployment, with_app
from opsbook.cli._printing import show_items
from opsbook.cli.doctor import _events, _machine, _mirror, _records, _setup, _systems
from opsbook.cli.doctor._finding import Finding
from opsbook.sdk.errors import OpsbookError

verb = typer.Typer()


@verb.command()
def run(
    ask: Annotated[bool, typer.Option("--probe", help="ask every configured system how it is")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    async def looked(app: App) -> tuple[list[Finding], list[Finding]]:
        systems = await _systems.probe(app) if ask else _systems.look(app)
        return [*_records.look(app), *_events.look(app), *_mirror.look(app)], systems

    found, systems = [*_setup.file(os.environ), *_machine.look()], list[Finding]()
    try:
        here = deployment()
        found += _setup.look(here.settings)
        more, systems = with_app(looked, here)
        found += more
    except OpsbookError as error:
        found.append(
            Finding("store" if error.code.startswith("store") else "settings", "bad", error.sentence, error.cure)
        )
    _show(found, systems, as_json=as_json)
    return 1 if any(finding.state == "bad" for finding in [*found, *systems]) else 0


def _show(found: list[Finding], systems: list[Finding], *, as_json: bool) -> None:
    """All of it as one list for programs; two tables for people, in the second a line for each system."""
    rows = [finding.as_json() for finding in (found + systems if as_json else found)]
    show_items(rows, ("state", "check", "found", "cure"), as_json=as_json, title="Findings", under={"cure": "found"})
    if systems and not as_json:
        lines = [_line(finding) for finding in systems]
        show_items(lines, ("state", "system", "found"), as_json=False, title="Systems")


def _line(finding: Finding) -> dict[str, str]:
    told = f"{finding.found}. {finding.cure}" if finding.cure else finding.found
    return {"state": finding.state, "system": finding.check.removeprefix("system "), "found": told}
