"""What the verbs of this folder share: the warehouse of the settings, moments, and how an unknown is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from opsbook.cli._printing import show
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import Unknown
from opsbook.settings import read_settings
from opsbook.warehouse import Warehouse

AsOf = Annotated[str | None, typer.Option(help="what came at or after it is not looked at, such as 2026-11-01; now")]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object")]


def opened() -> Warehouse:
    return Warehouse(read_settings().warehouse)


def moment(text: str | None, option: str = "--as-of") -> datetime:
    """A time, in UTC where it names no zone; now for none."""
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a time.", field=option, cure="Write 2026-11-01T00:00Z.") from error
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def told_unknown(found: Any, *, as_json: bool) -> bool:
    """Say that an answer is unknown, and why; False, and nothing said, for one that is known."""
    if isinstance(found, Unknown):
        show(found.as_json() if as_json else f"Unknown: {found.reason}.", as_json=as_json)
    return isinstance(found, Unknown)


def in_words(value: Any) -> str:
    """A measurement's value, `?` for one that is unknown; anything else as it is."""
    if isinstance(value, dict) and "status" in value:
        value = "?" if value["value"] is None else value["value"]
    return str(value)
