"""Show what jobs should be and what differs.

A job for each schedule of each enabled playbook. Nothing is changed.
"""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.cli import _jobs
from opsbook.cli._opening import with_app
from opsbook.cli.cloud_scheduler._showing import show_changes


def run(as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> None:
    plan, changes = with_app(_jobs.changes)
    show_changes(plan, changes, as_json=as_json)
