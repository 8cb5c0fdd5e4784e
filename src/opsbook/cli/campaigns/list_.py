"""List campaigns, the newest first."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items
from opsbook.inbox.lifecycle import CampaignStatus

KEPT = (
    "id",
    "name",
    "status",
    "channel",
    "recipients",
    "excluded",
    "compliance_status",
    "created_at",
    "run_id",
    "thread_id",
)


def run(
    status: Annotated[CampaignStatus | None, typer.Option(help="only campaigns with this status")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many at most")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> list[dict[str, Any]]:
        rows = app.campaigns.latest(status=status, limit=limit)
        return [{name: row[name] for name in KEPT} for row in rows]

    columns = ("name", "status", "recipients", "excluded", "id", "created_at")
    show_items(with_app(found), columns, as_json=as_json, title="Campaigns", under={"id": "name"})
