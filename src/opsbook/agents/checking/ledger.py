"""The facts as a checker looks them up: by figure, by day, by word, by name, by measure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from opsbook.agents.checking.addresses import addresses_in
from opsbook.agents.checking.claims import Claim
from opsbook.agents.checking.dates import Day, days_in
from opsbook.agents.checking.numbers import Number, numbers_in
from opsbook.agents.checking.speech import CHANGE, STATUSES, stems
from opsbook.agents.page import REMEMBERED, Fact

UNIT_OF = {"count": "", "ms": "seconds"}
FACTOR = {"ms": Decimal("0.001")}
ROUGHEST = Decimal("0.05")  # a figure in thousands may be off by this share at most: 75 thousand for 75,467


@dataclass(frozen=True)
class Figure:
    """A figure of a fact, in the unit that claims are read in."""

    value: Decimal
    unit: str
    fact: Fact

    def is_said_by(self, number: Number) -> bool:
        """A number of the same unit that this rounds to; or a count of the very thing behind the number."""
        if number.value is None:
            return False
        if not self.unit and number.counts.isalpha() and stems(number.counts) <= stems(self.fact.measure):
            return number.counted == self.value
        if number.unit != self.unit or number.value < 0 <= self.value:
            return False
        off = abs(abs(number.value) - abs(self.value))
        rough = number.step >= 1000 and off > ROUGHEST * max(abs(self.value), abs(number.value))
        return off <= number.step / 2 and not rough

    def is_grown(self, number: Number) -> bool:
        """A change that made it so many times what it was."""
        if number.value is None or self.unit != "ratio" or not CHANGE.search(self.fact.measure):
            return False
        return abs(1 + self.value - number.value) <= number.step / 2


@dataclass(frozen=True)
class Ledger:
    facts: Sequence[Fact]

    @cached_property
    def names(self) -> dict[str, str]:
        """Whom the facts are about, by the name in small letters."""
        said = [fact.text for fact in self.facts if fact.unit == "text" and _is_name(fact.text)]
        return {name.casefold(): name for name in (*(fact.subject for fact in self.facts if fact.subject), *said)}

    @cached_property
    def named_measures(self) -> frozenset[str]:
        """Names, in small letters, that are measures as well: the `Signups` of `Signups: mean of the days before`."""
        return frozenset(fact.measure.casefold() for fact in self.facts) & self.names.keys()

    @cached_property
    def earlier_runs(self) -> frozenset[str]:
        """The runs that remembered facts are about, in small letters."""
        return frozenset(fact.subject.casefold() for fact in self.facts if fact.source == REMEMBERED)

    @cached_property
    def words(self) -> list[str]:
        """The words that facts have as values: statuses, kinds of movement."""
        texts = [fact.text for fact in self.facts if fact.unit == "text"]
        return list(dict.fromkeys([*(one for one in texts if re.fullmatch(r"[a-z][a-z _-]{2,24}", one)), *STATUSES]))

    @cached_property
    def speech(self) -> frozenset[str]:
        """The words of the measures, which are nobody's name."""
        labels = " ".join(fact.measure for fact in self.facts)
        return frozenset(word for word in re.findall(r"[\w-]+", labels.lower()) if not word.isdigit())

    @cached_property
    def figures(self) -> list[Figure]:
        return [figure for fact in self.facts for figure in _figures(fact)]

    @cached_property
    def days(self) -> list[tuple[Day, Fact]]:
        return [(day, fact) for fact in self.facts for day in days_in(fact.text)]

    @cached_property
    def addresses(self) -> frozenset[str]:
        """The addresses that facts carry, in small letters."""
        texts = [unicodedata.normalize("NFKC", text) for fact in self.facts for text in (fact.text, fact.label)]
        return frozenset(text[start:end].casefold() for text in texts for start, end in addresses_in(text))

    def named(self, text: str) -> frozenset[str]:
        """The measures whose every word stands in a text, whenever they were measured."""
        said = stems(text)
        return frozenset(head(measure) for measure, words in self._measures.items() if words and words <= said)

    def carriers(self, claim: Claim) -> list[Fact]:
        """The facts that say what a claim says, whomever and whatever they are about."""
        if claim.day is not None:
            return [fact for day, fact in self.days if claim.day.is_part_of(day)]
        if (number := claim.number) is not None:
            carries = Figure.is_grown if number.unit == "times" else Figure.is_said_by
            return [figure.fact for figure in self.figures if carries(figure, number)]
        word = re.compile(rf"(?<!\w){re.escape(claim.text)}(?!\w)", re.IGNORECASE)
        return [fact for fact in self.facts if word.search(fact.text)]

    @cached_property
    def _measures(self) -> dict[str, frozenset[str]]:
        return {fact.measure: stems(fact.measure) for fact in self.facts}


def head(measure: str) -> str:
    """What is measured, whenever it was: the signups of `Signups, before`."""
    return re.split(r", | before$", measure)[0]


def _figures(fact: Fact) -> Iterator[Figure]:
    """The figure that a fact is, at full precision; of a fact that is a text, the figures in it."""
    if isinstance(fact.value, int | float) and not isinstance(fact.value, bool) and fact.unit != "text":
        yield Figure(Decimal(str(fact.value)) * FACTOR.get(fact.unit, 1), UNIT_OF.get(fact.unit, fact.unit), fact)
    elif fact.unit in ("text", "time"):
        days = [(day.start, day.end) for day in days_in(fact.text)]
        for number in numbers_in(fact.text):
            inside = any(start <= number.start < end for start, end in days)
            if number.value is not None and not inside:
                yield Figure(number.value, number.unit, fact)


def _is_name(text: str) -> bool:
    return bool(re.fullmatch(r"[^\W\d_][^|<>\[\]{}]{1,79}", text)) and text != text.lower() and len(text.split()) <= 6
