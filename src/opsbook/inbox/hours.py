"""When somebody may be written to, by the clock on their own wall. The states and their zones are `places.yaml`.

Whoever's state is not known is written to when it is a fitting hour in every zone that they could live in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

DAYS_AHEAD = 9  # a whole week and both of its ends: a day that never opens is found out
SATURDAY, SUNDAY = 5, 6
MIDNIGHT = "24:00"
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def _span(value: tuple[str, str]) -> tuple[str, str]:
    begin, end = (_time(one) for one in value)
    if begin >= end:
        raise ValueError("its hours end before they begin; they are of one day, such as ['10:00', '17:00']")
    return value


def _time(text: str) -> time:
    if text == MIDNIGHT:
        return time.max
    if not CLOCK.fullmatch(text):
        raise ValueError(f"{text[:20]} is no time of day, such as 10:00")
    return time.fromisoformat(text)


Span = Annotated[tuple[str, str], AfterValidator(_span)]


class Hours(BaseModel):
    """Local times between which messages leave; the end is not in it. `["00:00", "24:00"]` is the whole day.

    The usual ones lie inside what federal law and every state's law leave for messages that sell something (47 CFR
    64.1200: 8 to 21; the narrowest states: 9 to 18, and 10 to 17 on weekends).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    weekdays: Span = Field(default=("10:00", "17:00"), description="Monday to Friday, such as ['10:00', '17:00']")
    saturday: Span = Field(default=("10:00", "17:00"), description="Saturday")
    sunday: Span = Field(default=("12:00", "17:00"), description="Sunday")

    def on(self, day: date) -> tuple[time, time]:
        begin, end = {SATURDAY: self.saturday, SUNDAY: self.sunday}.get(day.weekday(), self.weekdays)
        return _time(begin), _time(end)

    def opens(self, state: str | None, now: datetime) -> datetime:
        """The first moment from `now` on that is inside the hours of every zone of a state. In UTC.

        Raises ValueError when there is none in a week: the hours of the zones have no moment in common.
        """
        zones = zones_of(state)
        first = now.astimezone(zones[0]).date() - timedelta(days=1)
        for day in (first + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)):
            begin, end = self._common(day, zones)
            if begin < end and now < end:
                return max(begin, now.astimezone(UTC))
        raise ValueError("the hours have no moment that is inside them everywhere; make them longer")

    def _common(self, day: date, zones: Sequence[ZoneInfo]) -> tuple[datetime, datetime]:
        """The moments that are inside a local day's hours in all zones: from, until."""
        begin, end = self.on(day)
        begins = (datetime.combine(day, begin, zone).astimezone(UTC) for zone in zones)
        ends = (_until(day, end, zone).astimezone(UTC) for zone in zones)
        return max(begins), min(ends)


def zones_of(state: str | None) -> tuple[ZoneInfo, ...]:
    """Where somebody of a state can be; of an unknown one: anywhere in the country."""
    places = _places()
    names = places["states"].get((state or "").strip().upper()) or places["anywhere"]
    return tuple(ZoneInfo(name) for name in names)


def _until(day: date, end: time, zone: ZoneInfo) -> datetime:
    if end == time.max:
        return datetime.combine(day + timedelta(days=1), time(), zone)
    return datetime.combine(day, end, zone)


@cache
def _places() -> Mapping[str, Any]:
    text = files(__package__).joinpath("places.yaml").read_text("utf-8")
    found: Mapping[str, Any] = YAML(typ="safe").load(text)
    return found
