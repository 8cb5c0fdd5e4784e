"""Show when a playbook is due in the coming days.

In its own zone and in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items
from opsbook.playbooks.model import Playbook
from opsbook.playbooks.zones import zone
from opsbook.runs.schedule import occurrences
from opsbook.runs.standing import Standing
from opsbook.sdk.errors import InvalidInput

MOST_SHOWN = 1000
EARLIEST, LATEST = 1970, 9900  # years: arithmetic with days and zones stays inside the calendar


def run(
    playbook_id: Annotated[str, typer.Argument(help="the playbook's id")],
    days: Annotated[int, typer.Option(min=1, max=400, help="how many days to look ahead")] = 7,
    after: Annotated[str | None, typer.Option(help="begin here instead of now, such as 2026-10-31T00:00Z")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    begin = _instant(after) if after is not None else None

    async def found(app: App) -> tuple[Playbook, datetime]:
        playbook = Standing(app.records.playbooks, app.catalog).get(playbook_id, enabled_only=False)
        return playbook, begin or app.world.clock.now()

    playbook, start = with_app(found)
    items = upcoming(playbook, start, start + timedelta(days=days))
    show_items(items, ("local", "timezone", "utc", "cron"), as_json=as_json, title=f"Occurrences of {playbook_id}")


def upcoming(playbook: Playbook, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The occurrences after `start` up to `end`, in order: local wall time with its offset, and the instant."""
    found = []
    for trigger in playbook.triggers:
        if trigger.schedule is None:
            continue
        local = zone(trigger.schedule.timezone)
        for slot in occurrences(trigger.schedule, start, end):
            found.append(
                {
                    "slot": slot.key,
                    "local": slot.due_at.astimezone(local).isoformat(timespec="minutes"),
                    "timezone": trigger.schedule.timezone,
                    "utc": slot.due_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
                    "cron": trigger.schedule.cron,
                }
            )
            if len(found) >= MOST_SHOWN:
                raise InvalidInput(
                    f"There are more than {MOST_SHOWN} occurrences.", field="--days", cure="Look at fewer days."
                )
    return sorted(found, key=lambda item: item["utc"])


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a time.", field="--after", cure="Write 2026-10-31T00:00Z.") from error
    if not EARLIEST <= found.year <= LATEST:
        cure = f"Write a year from {EARLIEST} to {LATEST}."
        raise InvalidInput(f"{text!r} is no time of a calendar in use.", field="--after", cure=cure)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
