"""List alerts, newest first."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items
from opsbook.sdk.errors import InvalidInput

STATES = ("open", "closed")


def run(
    state: Annotated[str | None, typer.Option(help="open or closed")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many at most")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    if state is not None and state not in STATES:
        raise InvalidInput(f"There is no state {state}.", field="--state", cure="An alert is open or closed.")

    async def found(app: App) -> list[dict[str, Any]]:
        return app.alerts.latest(state=state, limit=limit)

    columns = ("state", "severity", "message", "playbook_id", "rule_id", "opened_at")
    under = {"severity": "state", "rule_id": "playbook_id"}
    show_items(with_app(found), columns, as_json=as_json, title="Alerts", under=under)
