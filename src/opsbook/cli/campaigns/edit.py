"""Change one letter of a drafted campaign. Every approval of what it was is void, and somebody else has to approve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli.campaigns._steering import steer
from opsbook.sdk.errors import InvalidInput


def run(
    campaign_id: Annotated[str, typer.Argument(help="the campaign's id")],
    contact_id: Annotated[str, typer.Argument(help="whose letter; `campaigns show --json` has the ids")],
    subject: Annotated[str | None, typer.Option(help="another subject")] = None,
    body_file: Annotated[Path | None, typer.Option(help="a file with another text")] = None,
    who: Annotated[str | None, typer.Option("--as", help="who you are, a person of the settings")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    body = None if body_file is None else _text(body_file)

    async def move(app: App, by: str) -> None:
        await app.amendments.amend(campaign_id, contact_id, by, subject=subject, body=body)

    steer(campaign_id, who, move, as_json=as_json)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        said = f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}."
        raise InvalidInput(said, field="--body-file", cure="Name a text file in UTF-8.") from error
