"""Put an approved campaign off to a later moment."""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.cli._moments import moment
from opsbook.cli.campaigns._steering import steer


def run(
    campaign_id: Annotated[str, typer.Argument(help="the campaign's id")],
    at: Annotated[str, typer.Option(help="the moment, with its zone: 2026-12-01T10:00-05:00")],
    who: Annotated[str | None, typer.Option("--as", help="who you are, a person of the settings")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    due = moment(at, "--at")
    steer(campaign_id, who, lambda app, by: app.steering.schedule(campaign_id, by, due), as_json=as_json)
