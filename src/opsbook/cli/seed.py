"""Publish the playbooks that come with opsbook.

Only those that are missing: nothing is overwritten, nothing is switched on again.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items
from opsbook.playbooks.load import load_playbook
from opsbook.playbooks.suite import texts

verb = typer.Typer()


@verb.command()
def run(as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> None:
    async def seeded(app: App) -> list[dict[str, Any]]:
        return seed(app)

    items = with_app(seeded)
    if not as_json:
        items = [{**item, "published": "now" if item["created"] else "before"} for item in items]
    show_items(items, ("id", "version", "published", "enabled"), as_json=as_json, title="Suite")


def seed(app: App) -> list[dict[str, Any]]:
    """Publish what is missing. One row for each playbook of the suite; safe to repeat."""
    told = []
    for name, text in texts().items():
        playbook = load_playbook(text, app.catalog, name)
        version, created = app.operations.publish(playbook, text, "opsbook", only_new=True)
        row = app.records.playbooks.get(playbook.id)
        told.append(
            {"id": playbook.id, "version": version, "created": created, "enabled": bool(row and row["enabled"])}
        )
    return told
