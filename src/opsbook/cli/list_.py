"""List the published playbooks."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items

verb = typer.Typer()


@verb.command()
def run(as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> None:
    async def found(app: App) -> list[dict[str, Any]]:
        return app.records.playbooks.all()

    items = [_shown(row) for row in with_app(found)]
    columns = ("id", "name", "enabled", "version", "schedule", "updated_at")
    show_items(items, columns, as_json=as_json, title="Playbooks", under={"name": "id", "updated_at": "schedule"})


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    document = row["document"]
    schedules = [trigger["schedule"] for trigger in document.get("triggers", ()) if trigger.get("schedule")]
    rest = {key: value for key, value in row.items() if key not in ("document", "text")}
    return {
        **rest,
        "agent": document.get("agent"),
        "schedule": "; ".join(f"{one['cron']} {one['timezone']}" for one in schedules) or None,
    }
