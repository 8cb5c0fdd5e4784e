"""List what became of a campaign's letters.

`--state uncertain` names those that somebody has to look up.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items
from opsbook.inbox.lifecycle import LetterState


def run(
    campaign_id: Annotated[str, typer.Argument(help="the campaign's id")],
    state: Annotated[list[LetterState] | None, typer.Option(help="only letters in this state")] = None,
    after: Annotated[str, typer.Option(help="the last contact of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="how many at most")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> list[dict[str, Any]]:
        app.campaigns.get(campaign_id)
        return app.steering.letters(campaign_id, tuple(state or ()), after, limit)

    columns = ("contact_id", "recipient", "state", "reason", "changed_at")
    show_items(with_app(found), columns, as_json=as_json, title="Letters")
