"""What the verbs of this folder share: dates, and the zone whose local dates the snapshots have."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from opsbook.sdk.errors import InvalidInput

ZONE = ZoneInfo("America/New_York")  # as the playbooks' schedules do
LONGEST = 400  # dates


def dates(first: str, last: str, *, today: date) -> tuple[date, date]:
    """Two dates in order, `LONGEST` at most, the last of them today at the latest. Raises `InvalidInput`."""
    begin, end = _date(first, "--from"), _date(last, "--to")
    if begin > end:
        raise InvalidInput(f"{begin} is after {end}.", field="--from", cure="Give the earlier date as --from.")
    if end > today:
        raise InvalidInput(f"{end} is still to come.", field="--to", cure=f"Give {today} or an earlier date.")
    if (end - begin).days >= LONGEST:
        cure = f"Ask for {LONGEST} dates at most, and repeat it for the rest."
        raise InvalidInput(f"{begin} to {end} are {(end - begin).days + 1} dates.", field="--from", cure=cure)
    return begin, end


def _date(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a date.", field=option, cure="Write it as 2026-11-01.") from error
