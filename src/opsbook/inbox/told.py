"""What a letter tells, kept as facts while it is written: each with where in the audience it came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from opsbook.sdk.values import Json, JsonObject


@dataclass(frozen=True)
class Backing:
    """One thing that a letter may say. `source` is its place in the organisation's entry of the audience.

    `value` is what was measured, in `unit`: count, ratio, time; or text, which is said as it is written.
    """

    label: str
    text: str
    source: str
    value: Json = None
    unit: str = "text"

    def as_json(self) -> JsonObject:
        return {
            "label": self.label,
            "text": self.text,
            "source": self.source,
            "value": self.value,
            "unit": self.unit,
        }


Check = Callable[[str, Sequence[Backing]], Sequence[str]]  # the claims of a text that no fact carries


@dataclass
class Told:
    """The facts of one letter. Nothing that was measured is written but through here."""

    facts: list[Backing] = field(default_factory=list)

    def count(self, label: str, value: float, source: str) -> str:
        """A whole number: `1,204`. Its label begins with what it counts: `orders in all`."""
        return self._keep(label, f"{int(value):,}", source, int(value), "count")

    def share(self, label: str, value: float, source: str) -> str:
        """A ratio without its sign: `40%`, `12.5%`."""
        return self._keep(label, f"{round(abs(value) * 100, 1):g}%", source, value, "ratio")

    def day(self, label: str, value: object, source: str) -> str:
        """`24 October 2026`; empty for what is no time."""
        at = _moment(value)
        return self._keep(label, f"{at.day} {at:%B} {at.year}", source, str(value), "time") if at else ""

    def name(self, label: str, text: str, source: str) -> str:
        """A name, a code or an address, said as it is."""
        return self._keep(label, text, source, text, "text") if text else ""

    def state(self, label: str, text: str, source: str) -> None:
        """What our own words say: the reason, or that there never was such a thing."""
        self._keep(label, text, source, text, "text")

    def _keep(self, label: str, text: str, source: str, value: Json, unit: str) -> str:
        fact = Backing(label, text, source, value, unit)
        if fact not in self.facts:
            self.facts.append(fact)
        return text


def _moment(value: object) -> date | None:
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
