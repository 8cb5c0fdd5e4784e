"""Days and times as people write them, with the parts that were written and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = "|".join([*MONTHS, *(month[:3] for month in MONTHS), "sept"])
_WEEKDAY = "|".join([*WEEKDAYS, *(day[:3] for day in WEEKDAYS), "tues", "thurs"])
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2}(?:\.\d+)?)?(?:\s?(?P<half>[ap]\.?m\.?))?"
_TIME += r"(?:Z|[+-]\d\d:?\d\d|\s?[A-Z]{3,4}\b)?"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\b(?P<year>\d{{4}})-(?P<month>\d{{2}})-(?P<day>\d{{2}})(?:[T ]{_TIME})?",
        rf"\b(?:(?P<weekday>{_WEEKDAY})\.?,?\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<named>{_MONTH})\b\.?"
        rf"(?:,?\s+(?P<year>\d{{4}}))?(?:,?\s+(?:at\s+)?{_TIME})?",
        rf"\b(?:(?P<weekday>{_WEEKDAY})\.?,?\s+)?(?P<named>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"
        rf"(?:,?\s+(?P<year>\d{{4}}))?(?:,?\s+(?:at\s+)?{_TIME})?",
        r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})\b",
        rf"\b(?P<named>{_MONTH})\.?\s+(?P<year>\d{{4}})\b",
        rf"(?<![\d:]){_TIME}",
        rf"\b(?P<weekday>{'|'.join(WEEKDAYS)})\b",
        rf"\b(?P<named>{'|'.join(month for month in MONTHS if month not in ('may', 'march'))})\b",
        r"\b(?P<near>yesterday|tomorrow)\b",
        r"(?<![\w$€£.,])(?P<year>(?:19|20)\d\d)(?![\w%]|\s%|[.,]\d)",
    )
)


@dataclass(frozen=True)
class Day:
    """A day, a time, or parts of them; None: that part was not written. `month` and `weekday` count from 1.

    `near` is yesterday or tomorrow, which no fact says.
    """

    start: int
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    clock: tuple[int, int] | None = None
    near: str = ""

    @property
    def parts(self) -> dict[str, object]:
        """The parts that were written."""
        every = {
            "year": self.year,
            "month": self.month,
            "day": self.day,
            "weekday": self.weekday,
            "clock": self.clock,
            "near": self.near or None,
        }
        return {name: value for name, value in every.items() if value is not None}

    def is_part_of(self, whole: Day) -> bool:
        """Whether everything that was written here stands in `whole` too."""
        there = whole.parts
        return all(there.get(name) == value for name, value in self.parts.items())


def days_in(text: str) -> Iterator[Day]:
    """The days and times of a text; the longest way to read a place wins."""
    taken: list[tuple[int, int]] = []
    for form in _FORMS:
        for found in form.finditer(text):
            if any(found.start() < end and start < found.end() for start, end in taken):
                continue
            taken.append(found.span())
            yield _day(found)


def _day(found: re.Match[str]) -> Day:
    said = found.groupdict()
    month = int(said["month"]) if said.get("month") else _place(said.get("named"), MONTHS)
    return Day(
        found.start(),
        found.end(),
        _number(said.get("year")),
        month,
        _number(said.get("day")),
        _place(said.get("weekday"), WEEKDAYS),
        _clock(said),
        (said.get("near") or "").lower(),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _place(word: str | None, names: tuple[str, ...]) -> int | None:
    if not word:
        return None
    return next(place for place, name in enumerate(names, 1) if name.startswith(word.lower()[:3]))


def _clock(said: dict[str, str | None]) -> tuple[int, int] | None:
    hour, minute = said.get("hour"), said.get("minute")
    if hour is None or minute is None:
        return None
    half = (said.get("half") or "").lower()[:1]
    return (int(hour) % 12 + (12 if half == "p" else 0) if half else int(hour)), int(minute)
