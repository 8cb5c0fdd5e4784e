"""List the agents of this deployment, its own and those that it replaces included."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items

COLUMNS = ("id", "title", "model", "tools", "delegates to")


def run(as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> None:
    async def found(app: App) -> list[dict[str, Any]]:
        ready = {row["id"]: row for row in app.desk.readiness()}
        return [{**ready[agent.id], **told(agent.can)} for agent in app.desk.roster.agents.values()]

    rows = with_app(found)
    if not as_json:
        joined = ("tools", "may_delegate_to")
        rows = [{**row, **{name: ", ".join(row[name]) or None for name in joined}} for row in rows]
        rows = [{**row, "delegates to": row["may_delegate_to"]} for row in rows]
    show_items(rows, COLUMNS, as_json=as_json, title="Agents")


def told(can: Any) -> dict[str, Any]:
    """An agent's front matter as JSON, its sets in order."""
    kept = can.model_dump(mode="json")
    return {**kept, "tools": sorted(can.tools), "may_delegate_to": sorted(can.may_delegate_to)}
