"""Triggers that can never start the playbook."""

from __future__ import annotations

from collections.abc import Iterator

from opsbook.playbooks.model import Playbook
from opsbook.sdk.errors import Problem


def starting_problems(playbook: Playbook) -> Iterator[Problem]:
    """Required inputs that no trigger gives (warnings): schedules and events start a playbook without inputs."""
    needed = [name for name, field in playbook.inputs.items() if field.required]
    if not needed:
        return
    for index, trigger in enumerate(playbook.triggers):
        kind = "schedule" if trigger.schedule else "event"
        yield Problem(
            f"This trigger cannot start the playbook: no {kind} gives the required input {needed[0]}.",
            "Give the input a default, or read `event` instead." if kind == "event" else "Give the input a default.",
            f"triggers/{index}",
            code="trigger_without_input",
            severity="warning",
        )
