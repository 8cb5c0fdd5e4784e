"""Pause a campaign: no letter leaves from now on."""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.cli.campaigns._steering import steer


def run(
    campaign_id: Annotated[str, typer.Argument(help="the campaign's id")],
    reason: Annotated[str, typer.Option(help="why; its page keeps it")],
    who: Annotated[str | None, typer.Option("--as", help="who you are, a person of the settings")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    steer(campaign_id, who, lambda app, by: app.steering.pause(campaign_id, by, reason), as_json=as_json)
