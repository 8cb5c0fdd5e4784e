"""Go on with a paused campaign.

What has not left leaves, and what has left does not leave again.
"""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.cli.campaigns._steering import steer


def run(
    campaign_id: Annotated[str, typer.Argument(help="the campaign's id")],
    who: Annotated[str | None, typer.Option("--as", help="who you are, a person of the settings")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    steer(campaign_id, who, lambda app, by: app.steering.resume(campaign_id, by), as_json=as_json)
