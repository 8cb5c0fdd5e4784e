"""When somebody may be written to, by the clock on their own wall. The states and the usual hours are `places.yaml`.

Whoever's state is not known is written to when it is a fitting hour in every zone that they could live in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from ruamel.yaml import YAML

DAYS_AHEAD = 9  # a whole week and both of its ends: a day that never opens is found out
SATURDAY, SUNDAY = 5, 6
MIDNIGHT = "24:00"


def _span(value: object) -> object:
    return [time.max if one == MIDNIGHT else one for one in value] if isinstance(value, list | tuple) else value


Span = Annotated[tuple[time, time], BeforeValidator(_span)]


class Hours(BaseModel):
    """Local times between which messages leave; the end is not in it. `["00:00", "24:00"]` is the whole day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weekdays: Span = Field(default=(time(10), time(17)), description="Monday to Friday, such as ['10:00', '17:00']")
    saturday: Span = Field(default=(time(10), time(17)), description="Saturday")
    sunday: Span = Field(default=(time(12), time(17)), description="Sunday")

    @model_validator(mode="after")
    def _end_after_they_begin(self) -> Self:
        if any(begin >= end for begin, end in (self.weekdays, self.saturday, self.sunday)):
            raise ValueError("hours end before they begin; they are of one day, such as ['10:00', '17:00']")
        return self

    def on(self, day: date) -> tuple[time, time]:
        return {SATURDAY: self.saturday, SUNDAY: self.sunday}.get(day.weekday(), self.weekdays)

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


def usual_hours() -> Hours:
    return Hours.model_validate(_places()["usual"])


def _until(day: date, end: time, zone: ZoneInfo) -> datetime:
    if end == time.max:
        return datetime.combine(day + timedelta(days=1), time(), zone)
    return datetime.combine(day, end, zone)


@cache
def _places() -> Mapping[str, Any]:
    text = files(__package__).joinpath("places.yaml").read_text("utf-8")
    found: Mapping[str, Any] = YAML(typ="safe").load(text)
    return found
