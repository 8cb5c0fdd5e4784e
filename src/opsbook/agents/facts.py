"""What tools found as facts with ids, for a model that may say nothing else: figures, times, names, statuses.

A fact is read from what the screen admits of an answer: a field that nobody declared becomes no fact. How it leaves for
a model, the screen says as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from opsbook.agents.page import Fact
from opsbook.agents.privacy import Screen
from opsbook.agents.wording import UNITS, figure, moment
from opsbook.sdk.tool import ToolResult
from opsbook.sdk.values import Json, JsonObject, plain, unknown_in

MOST_FACTS = 80  # of one answer: a model reads them all, and each round sends them again
MOST_ITEMS = 25  # of a list
MOST_INNER = 3  # of a list inside a list, such as the probes of a system
NAMES = ("name", "title", "organization_name", "display_name", "service", "id", "organization_id")
ASIDE = frozenset({"status", "unit", "as_of", "window", "completeness", "reaches_end", "metric", "cut", "n", "value"})
BY_ENDING = {"cents": "cents", "ms": "ms", "seconds": "seconds", "rate": "ratio", "share": "ratio", "ratio": "ratio"}
_MARKED = re.compile(r"«[^:»]{1,60}: (.*)»", re.DOTALL)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


@dataclass
class Facts:
    """The facts of one piece of work, numbered as they come.

    `missing` holds what could not be measured, and why; `left_out` counts what did not fit, so that nobody takes a part
    for the whole.
    """

    timezone: ZoneInfo
    screen: Screen = field(default_factory=Screen)
    found: list[Fact] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    left_out: int = 0

    def take(self, name: str, tool: str, result: ToolResult) -> None:
        """The facts of one answer: its figures first, then its value from the outside in."""
        admitted = self.screen.admitted(tool, result)
        reading = _Reading(self, name, len(self.found) + MOST_FACTS)
        for key, value in admitted.figures.items():
            reading.read(plain(value), "", _words(key), 0)
        reading.read(plain(admitted.value), "", "", 0)

    def add(self, label: str, value: float, unit: str, source: str) -> None:
        """A figure more."""
        self.keep(label, _told(value, unit), source, value, unit)

    def keep(self, label: str, text: str, source: str, value: Json, unit: str) -> None:
        """A fact in words; the same one twice is one."""
        fact = self._inert(Fact(f"f{len(self.found) + 1}", label, text, source, value, unit))
        if not any((one.label, one.text) == (fact.label, fact.text) for one in self.found):
            self.found.append(fact)

    def _inert(self, fact: Fact) -> Fact:
        """A text that others wrote comes back as it may leave, too: without links and ways to reach somebody."""
        marked = _MARKED.fullmatch(self.screen.shown([fact])[0].text) if fact.unit == "text" else None
        return replace(fact, text=self.screen.tokens.restored(marked[1])) if marked else fact

    def usable(self) -> list[Fact]:
        """What a model's words may use: the facts, and the names behind the tokens that it has seen."""
        return [*self.found, *self.screen.names()]

    def shown(self, since: int = 0) -> JsonObject:
        """What a model sees of the facts from a place on, and of all that could not be measured."""
        missing: Json = {self.screen.label(one): self.screen.text(why, "reason") for one, why in self.missing.items()}
        facts: list[Json] = [one.as_json() for one in self.screen.shown(self.found[since:])]
        return {"facts": facts, "not_measured": missing, "left_out": self.left_out}


@dataclass
class _Reading:
    """One answer as it is read; from `most` facts on what follows is only counted."""

    facts: Facts
    source: str
    most: int

    def read(self, value: Any, subject: str, measure: str, depth: int) -> None:
        if unknown := unknown_in(value):
            self.facts.missing.setdefault(_label(subject, measure), unknown.reason or "no reason was given")
        elif isinstance(value, Mapping):
            self._object(value, subject, measure, depth)
        elif isinstance(value, list):
            self._list(value, subject, measure, depth)
        elif value is not None and value != "":
            self._one(value, subject, measure, BY_ENDING.get(measure.rpartition(" ")[2], "count"))

    def _object(self, value: Mapping[str, Any], subject: str, measure: str, depth: int) -> None:
        if value.get("status") == "ok" and "value" in value:
            self._measurement(value, subject, measure)
            return
        for key, inner in value.items():
            self.read(inner, subject, f"{measure} {_words(key)}".strip(), depth)

    def _measurement(self, value: Mapping[str, Any], subject: str, measure: str) -> None:
        unit = str(value.get("unit") or "")
        inner = value["value"]
        if isinstance(inner, Mapping | list):
            self.read(inner, subject, measure, 1)
        elif inner is not None:
            self._one(inner, subject, measure or "value", unit if unit in UNITS else "count")
        for key, more in value.items():
            if key not in ASIDE and (isinstance(more, Mapping) or key == "change"):
                self.read(more, subject, f"{measure}, {'before' if key == 'previous' else _words(key)}", 1)

    def _list(self, items: Sequence[Any], subject: str, measure: str, depth: int) -> None:
        if all(isinstance(item, str | int | float) for item in items):
            if items:
                self._one(", ".join(str(item) for item in items), subject, measure, "text")
            return
        most = MOST_INNER if depth else MOST_ITEMS
        for place, item in enumerate(items[:most], 1):
            whom = subject
            if isinstance(item, Mapping) and not depth:
                whom = next((str(item[name]) for name in NAMES if item.get(name)), "")
            self.read(item, whom, measure if whom != subject else f"{measure} {place}".strip(), depth + 1)
        self.facts.left_out += max(0, len(items) - most)

    def _one(self, value: Any, subject: str, measure: str, unit: str) -> None:
        if len(self.facts.found) >= self.most:
            self.facts.left_out += 1
            return
        label = _label(subject, measure or "answer")
        if isinstance(value, bool):
            self.facts.keep(label, "yes" if value else "no", self.source, value, "text")
        elif isinstance(value, int | float):
            self.facts.add(label, value, unit, self.source)
        elif _TIME.match(value) and (at := _moment(value, self.facts.timezone)):
            self.facts.keep(label, at, self.source, value, "time")
        else:
            self.facts.keep(label, value, self.source, None, "text")


def _told(value: float, unit: str) -> str:
    """A number that is no whole one and has no unit is told with four figures."""
    return f"{value:,.4g}" if unit == "count" and not float(value).is_integer() else figure(value, unit)


def _moment(text: str, timezone: ZoneInfo) -> str | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment(at, timezone) if at.tzinfo else None


def _label(subject: str, measure: str) -> str:
    return f"{subject}: {measure}" if subject else measure


def _words(key: str) -> str:
    return key.replace("_", " ").replace(":", " ")
