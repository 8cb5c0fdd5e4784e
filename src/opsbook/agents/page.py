"""A report while it is written: sections of text, and the facts that its figures came in as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opsbook.agents.evidence import Spot
from opsbook.agents.marks import bare, marked
from opsbook.agents.wording import figure, moment, signed
from opsbook.sdk.step import RunFacts
from opsbook.sdk.values import Json, unknown_in

UNMEASURED = "not measured"  # in a table; the reason stands once, under what could not be measured
REMEMBERED = "memory"  # the source of facts that are about an earlier run


@dataclass(frozen=True)
class Fact:
    """One thing the run found, as a reader sees it. `source` is the saved name that it came from.

    `label` says what it is, with whom it is about in front where it is about somebody: `Elm Row: recurring revenue`.
    `value` is what was measured, in `unit`: count, cents, ratio, ms, seconds; time; or text, which is not measured.
    `path` is an expression over the run's names that gives the value: where it stands, or the formula that it was made
    by; `step` is the path of the step that found it.
    """

    id: str
    label: str
    text: str
    source: str
    value: Json = None
    unit: str = "text"
    path: str = ""
    step: str = ""

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
        shown = {"id": self.id, "label": self.label, "text": self.text, "source": self.source}
        measured = {} if self.value is None else {"value": self.value}
        return {**shown, **measured, "unit": self.unit, "path": self.path, "step": self.step}


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
        """A table; the columns in `right` hold figures. Without rows, nothing; no column that is empty throughout."""
        told = [list(row) for row in rows]
        kept = [place for place in range(len(head)) if any(row[place] for row in told)]
        head, right = [head[place] for place in kept], [kept.index(place) for place in right if place in kept]
        body = [f"| {' | '.join(row[place] or '-' for place in kept)} |" for row in told]
        if body:
            rule = " | ".join("---:" if place in right else "---" for place in range(len(head)))
            self.say("\n".join([f"| {' | '.join(head)} |", f"| {rule} |", *body]))

    def fact(self, label: str, value: Any, unit: str, source: str = "", *, plus: bool = False) -> str:
        """A figure in words, kept as a fact; one that was not measured is kept among the missing.

        `value` is a `Spot` of the evidence, which says where the figure stands; or a figure, with its `source`.
        """
        spot = value if isinstance(value, Spot) else Spot(source, value)
        value = spot.value
        if unknown := unknown_in(value):
            self.lacks(label, unknown.reason or "no reason was given")
            seen = value.get("observed") if isinstance(value, Mapping) else None
            if isinstance(seen, int | float):  # shown, and not to be judged by
                return f"not judged (seen: {self._keep(f'{label}, not judged', figure(seen, unit), spot, seen, unit)})"
            return UNMEASURED
        measured = value.get("value") if isinstance(value, Mapping) else value
        return self._keep(label, (signed if plus else figure)(value, unit), spot, measured, unit)

    def resting(self, label: str, spot: Spot, unit: str) -> str:
        """A figure and on how many it rests: `9.6 % (n = 376)`."""
        text, n = self.fact(label, spot, unit), spot.value.get("n") if isinstance(spot.value, Mapping) else None
        if n is None or unknown_in(spot.value):
            return text
        return f"{text} (n = {self.fact(f'{label}: n', spot.of('n', n), 'count')})"

    def state(self, label: str, text: str, source: str | Spot) -> str:
        """A status or a name, kept as a fact."""
        return self._keep(label, text, source if isinstance(source, Spot) else Spot(source, text), None, "text")

    def time(self, label: str, value: Any, source: str = "") -> str:
        """A moment in the run's zone; `value` as with `fact`."""
        spot = value if isinstance(value, Spot) else Spot(source, value)
        value = spot.value
        if unknown := unknown_in(value):
            self.lacks(label, unknown.reason or "no reason was given")
            return UNMEASURED
        if not value:
            return "never"
        return self._keep(label, moment(value, self.run.timezone), spot, str(value), "time")

    def act(self, priority: int, text: str, why: str, evidence: str) -> None:
        self.actions.append(Action(priority, text, why, evidence))

    def lacks(self, what: str, reason: str) -> None:
        """Something that the report should have said and could not."""
        self.missing.setdefault(bare(what), bare(reason))

    def _keep(self, label: str, text: str, spot: Spot, value: Json, unit: str) -> str:
        label, text = bare(label), bare(text)
        known = next((fact for fact in self.facts if fact.label == label and fact.text == text), None)
        if known is None:
            known = Fact(f"f{len(self.facts) + 1}", label, text, spot.source, value, unit, spot.path, spot.step)
            self.facts.append(known)
        return marked(known.id, text)
