"""A report while it is written: sections of text, and the facts that its figures came in as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opsbook.agents.wording import figure, inline, moment, signed
from opsbook.sdk.step import RunFacts
from opsbook.sdk.values import Json, unknown_in


@dataclass(frozen=True)
class Fact:
    """One thing the run found, as a reader sees it. `source` is the saved name that it came from.

    `label` says what it is, with whom it is about in front where it is about somebody: `Elm Row: recurring revenue`.
    `value` is what was measured, in `unit`: count, cents, ratio, ms, seconds; time; or text, which is not measured.
    """

    id: str
    label: str
    text: str
    source: str
    value: Json = None
    unit: str = "text"

    @property
    def subject(self) -> str:
        """Whom it is about; empty for the platform as a whole."""
        return self.label.rpartition(": ")[0]

    @property
    def measure(self) -> str:
        """What it is, whomever it is about."""
        return self.label.rpartition(": ")[2]

    def as_json(self) -> dict[str, Any]:
        """As it is shown and kept."""
        return {"id": self.id, "label": self.label, "text": self.text, "source": self.source}


@dataclass
class Section:
    """`id` is what a step may pick it by."""

    id: str
    title: str
    blocks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Action:
    """Something to do: 1 is first. `evidence` says on what finding it rests."""

    priority: int
    text: str
    why: str
    evidence: str


@dataclass
class Page:
    """Where a report's sections put what they say. Nothing that was measured is written but through `fact`."""

    run: RunFacts
    sections: list[Section] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    actions: list[Action] = field(default_factory=list)

    def begin(self, section_id: str, title: str) -> None:
        self.sections.append(Section(section_id, title))

    def say(self, text: str) -> None:
        """One paragraph."""
        self.sections[-1].blocks.append(text)

    def bullets(self, lines: Iterable[str]) -> None:
        if text := "\n".join(f"- {line}" for line in lines):
            self.say(text)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> None:
        """A table; the columns in `right` hold figures. Without rows, nothing."""
        body = [f"| {' | '.join(cell or '-' for cell in row)} |" for row in rows]
        if body:
            rule = " | ".join("---:" if place in right else "---" for place in range(len(head)))
            self.say("\n".join([f"| {' | '.join(head)} |", f"| {rule} |", *body]))

    def fact(self, label: str, value: Any, unit: str, source: str, *, plus: bool = False) -> str:
        """A figure in words, kept as a fact; one that was not measured is kept among the missing."""
        if unknown := unknown_in(value):
            self.missing.setdefault(label, unknown.reason or "no reason was given")
            seen = value.get("observed") if isinstance(value, Mapping) else None
            if isinstance(seen, int | float):  # shown, and not to be judged by
                self._keep(f"{label}, not judged", figure(seen, unit), source, seen, unit)
            return figure(value, unit)
        measured = value.get("value") if isinstance(value, Mapping) else value
        return self._keep(label, (signed if plus else figure)(value, unit), source, measured, unit)

    def resting(self, label: str, value: Any, unit: str, source: str) -> str:
        """A figure and on how many it rests: `9.6 % (n = 376)`. What may not be judged says its number itself."""
        text, n = self.fact(label, value, unit, source), value.get("n") if isinstance(value, Mapping) else None
        return (
            text if n is None or unknown_in(value) else f"{text} (n = {self.fact(f'{label}: n', n, 'count', source)})"
        )

    def state(self, label: str, text: str, source: str) -> str:
        """A status or a name, kept as a fact."""
        return self._keep(label, text, source, None, "text")

    def time(self, label: str, value: Any, source: str) -> str:
        if unknown := unknown_in(value):
            return f"could not be measured: {inline(unknown.reason)}"
        if not value:
            return "never"
        return self._keep(label, moment(value, self.run.timezone), source, str(value), "time")

    def act(self, priority: int, text: str, why: str, evidence: str) -> None:
        self.actions.append(Action(priority, text, why, evidence))

    def _keep(self, label: str, text: str, source: str, value: Json, unit: str) -> str:
        if not any(known.label == label and known.text == text for known in self.facts):
            self.facts.append(Fact(f"f{len(self.facts) + 1}", label, text, source, value, unit))
        return text

    def lacks(self, what: str, reason: str) -> None:
        """Something that the report should have said and could not."""
        self.missing.setdefault(what, reason)
