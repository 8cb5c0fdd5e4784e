"""Create or update jobs, so that they are what `plan` shows.

Only fields that differ are sent as changed; a second time changes nothing. Jobs that no playbook asks for are named and
left, and one that is paused stays paused.
"""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli import _jobs
from opsbook.cli._jobs import Plan
from opsbook.cli._opening import with_app
from opsbook.cli.cloud_scheduler._showing import show_changes
from opsbook.sdk.scheduling import Change


def run(as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> None:
    plan, changes = with_app(_applied)
    show_changes(plan, changes, as_json=as_json, done=True)


async def _applied(app: App) -> tuple[Plan, list[Change]]:
    """One after the other: when one is refused, those before it stand, and applying again goes on from there."""
    scheduler = _jobs.scheduler_of(app)
    plan, changes = await _jobs.changes(app)
    for change in changes:
        await scheduler.apply(change)
    return plan, changes
