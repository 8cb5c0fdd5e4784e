"""How changes of jobs are shown: a row for each field that differs, and words for what a person must do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import typer

from opsbook.cli._jobs import Plan
from opsbook.cli._printing import console, show_items
from opsbook.sdk.scheduling import Action, Change

STANDING_STILL = {"PAUSED": "paused", "DISABLED": "disabled by Google", "UPDATE_FAILED": "broken by a failed update"}


def show_changes(plan: Plan, changes: Sequence[Change], *, as_json: bool, done: bool = False) -> None:
    """The difference, `done` or still to come. Nothing shown holds a secret."""
    if as_json:
        show_items([{**change.as_json(), "done": done and _acts(change)} for change in changes], (), as_json=True)
    else:
        rows = [row for change in changes for row in _rows(change)]
        show_items(rows, ("action", "id", "field", "stands", "wanted"), as_json=False, title="Jobs")
        console().print(_summary(changes, done=done))
    for line in (*plan.without, *_warnings(changes)):
        typer.echo(line, err=True)


def _rows(change: Change) -> Iterator[dict[str, Any]]:
    first: dict[str, Any] = {"action": change.action.value.replace("_", " "), "id": change.id}
    if change.action is Action.CREATE and change.job:
        yield {**first, "wanted": f"{change.job.cron} {change.job.timezone}"}
        yield {"field": "httpTarget.uri", "wanted": change.job.url}
        yield {"field": "attemptDeadline", "wanted": f"{change.job.deadline_seconds} s"}
        return
    if not change.differences:
        yield first
    for number, one in enumerate(change.differences):
        yield {**({} if number else first), "field": one.field, "stands": one.stands, "wanted": one.wanted}


def _summary(changes: Sequence[Change], *, done: bool) -> str:
    count = sum(map(_acts, changes))
    if not count:
        return "Nothing to change."
    if done:
        return f"{count} changed."
    return f"{count} to change: `opsbook cloud-scheduler apply` does it."


def _warnings(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        if change.action is Action.LEFT_OVER:
            cure = f"`gcloud scheduler jobs delete {change.id}` takes it out."
            yield f"{change.id} knocks at the door and no enabled playbook asks for it. {cure}"
        elif still := STANDING_STILL.get(change.state or ""):
            yield f"{change.id} is {still}, so it does not run. `gcloud scheduler jobs resume {change.id}` starts it."


def _acts(change: Change) -> bool:
    return change.action in (Action.CREATE, Action.UPDATE)
