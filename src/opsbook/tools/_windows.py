"""The windows that figures cover: half-open, ending at the run's scheduled time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator

from opsbook.sdk.tool import ToolContext

_PERIOD = re.compile(r"^last_([1-9][0-9]{0,3})_(hours|days)$")
LONGEST = timedelta(days=366)


def parse_period(text: str) -> timedelta:
    """`last_24_hours` or `last_7_days` as a length. Raises ValueError for other forms and for more than 366 days."""
    if match := _PERIOD.match(text):
        length = timedelta(**{match[2]: int(match[1])})
        if length <= LONGEST:
            return length
    raise ValueError("not a period: write last_24_hours or last_7_days (at most last_366_days)")


def _checked(text: str) -> str:
    parse_period(text)
    return text


Period = Annotated[str, AfterValidator(_checked)]


def ending_at(context: ToolContext, length: timedelta) -> tuple[datetime, datetime]:
    """`[T - length, T)` for the run's scheduled time T."""
    return context.as_of - length, context.as_of


def since_last_working_day(context: ToolContext) -> timedelta:
    """How long ago a Monday-to-Friday schedule ran last: three days on a Monday, else one; local wall time.

    Across a clock change the length is an hour more or less than whole days, as the wall clock was.
    """
    local = context.as_of.astimezone(context.timezone)
    back = {0: 3, 6: 2}.get(local.weekday(), 1)
    return context.as_of.astimezone(UTC) - (local - timedelta(days=back)).astimezone(UTC)
