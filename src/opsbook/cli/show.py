"""Show a published playbook; --yaml prints its text."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import coloured, console, show, show_items
from opsbook.playbooks.model import Playbook
from opsbook.runs.standing import Standing
from opsbook.sdk.errors import NotFound

verb = typer.Typer()


@verb.command()
def run(
    playbook_id: Annotated[str, typer.Argument(help="the playbook's id")],
    yaml: Annotated[bool, typer.Option("--yaml", help="print the text as it was published")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> tuple[dict[str, Any], Playbook | None]:
        playbooks = app.records.playbooks
        row = playbooks.get(playbook_id)
        version = playbooks.version(playbook_id, row["version"]) if row else None
        if row is None or version is None:
            raise NotFound(f"There is no playbook {playbook_id}.", cure="`opsbook list` shows those there are.")
        told = {**version, **row}
        told.pop("playbook_id")
        needed = not (yaml or as_json)
        return told, Standing(playbooks, app.catalog).read(version) if needed else None

    row, playbook = with_app(found)
    if yaml:
        typer.echo(row["text"].rstrip("\n"))
    elif as_json or playbook is None:
        show(row, as_json=True)
    else:
        _print(row, playbook)


def _print(row: dict[str, Any], playbook: Playbook) -> None:
    out = console()
    state = "enabled" if row["enabled"] else "disabled"
    out.print(f"[bold]{coloured(playbook.name)}[/] {coloured(playbook.id)} · version {row['version']} · {state}")
    if playbook.description:
        out.print(coloured(playbook.description))
    for trigger in playbook.triggers:
        if trigger.schedule:
            out.print(f"schedule {coloured(trigger.schedule.cron)} {coloured(trigger.schedule.timezone)}")
        else:
            out.print(f"on event {coloured(trigger.event)}")
    steps = [
        {"id": "  " * (path.count("/") // 2) + step.id, "type": step.type, "when": step.when, "saves": step.save_as}
        for path, step in playbook.every_step()
    ]
    out.print()
    show_items(steps, ("id", "type", "when", "saves"), as_json=False, title="Steps")
    if playbook.success:
        criteria = [{"id": one.id, "holds_when": one.expr, "warns_when": one.warn} for one in playbook.success]
        out.print()
        show_items(criteria, ("id", "holds_when", "warns_when"), as_json=False, title="Criteria")
    if playbook.alerts:
        rules = [{"id": one.id, "fires_when": one.expr, "severity": one.severity.value} for one in playbook.alerts]
        out.print()
        show_items(rules, ("id", "fires_when", "severity"), as_json=False, title="Alert rules")
