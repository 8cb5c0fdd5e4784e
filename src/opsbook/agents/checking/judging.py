"""Holds each claim of a text against the facts: its figure, its unit, whom it is about and what it measures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from opsbook.agents.checking.claims import Claim, Kind, Sentence, sentences_in
from opsbook.agents.checking.ledger import Ledger, head
from opsbook.agents.checking.numbers import Number
from opsbook.agents.checking.speech import BACK, CHANGE, FALL, LINK, MOVE, ORDINARY, RISE, stems
from opsbook.agents.page import Fact


@dataclass(frozen=True)
class Fault:
    """One claim that no fact carries, and why, in a sentence for whoever wrote it."""

    claim: str
    sentence: str


def faults_in(text: str, facts: Sequence[Fact], ordinary: Iterable[str] = ()) -> list[Fault]:
    """What a text claims and the facts do not carry, in its order; empty when it may leave.

    A figure must be some fact's, rounded by its own last place at most, in that fact's unit; where its clause names
    what is measured, of that measure; where its sentence names whom it is about, of that one; a change must be told
    as the rise or the fall that it is. A day or a time must be some fact's in every part that is written. A name must
    be one that facts are about, or a word of `ordinary`. An address (a link, a mail address, a handle, a telephone
    number) must stand in some fact as a whole.
    """
    ledger = Ledger(facts)
    speech = ORDINARY | ledger.speech | {word.lower() for word in ordinary}
    found: dict[Fault, None] = {}
    last, before = "", ""
    for sentence in sentences_in(text, list(ledger.names.values()), ledger.words, speech):
        for claim in sentence.claims:
            if wrong := _wrong(_Place(ledger, claim, sentence, last, before)):
                found[Fault(claim.text, wrong)] = None
        names = sentence.names()
        last, before = names[-1].text.casefold() if names else last, sentence.text
    return list(found)


@dataclass(frozen=True)
class _Place:
    """A claim where it stands. `last` is whom one spoke of last, in small letters; `before` the sentence before."""

    ledger: Ledger
    claim: Claim
    sentence: Sentence
    last: str
    before: str

    @property
    def about(self) -> str:
        """Whom it is about: the nearest name before it, else the first behind it, else whom one spoke of last."""
        names = self.sentence.names()
        earlier = [name for name in names if name.start < self.claim.start]
        return (earlier[-1].text if earlier else names[0].text).casefold() if names else self.last

    @property
    def somebody(self) -> str:
        """The nearest name before it that is no measure's, in small letters."""
        earlier = [name.text.casefold() for name in self.sentence.names() if name.start < self.claim.start]
        return next((name for name in reversed(earlier) if name not in self.ledger.named_measures), "")

    @property
    def subjects(self) -> frozenset[str]:
        """Whom it may be about: where the nearest name is that of a measure too, whoever was named before it as well.

        `In the run of Monday, signups came to 26`: the figure is that run's.
        """
        return frozenset({self.about, self.somebody} if self.about in self.ledger.named_measures else {self.about})

    @property
    def points_back(self) -> bool:
        return bool(BACK.search(self.sentence.text))

    @property
    def clause(self) -> str:
        """The words around the claim up to the next comma or link; none when they hold another figure or day."""
        text, claim = self.sentence.text, self.claim
        cuts = [0, *(place for one in LINK.finditer(text) for place in one.span()), len(text)]
        start = max(cut for cut in cuts if cut <= claim.start)
        end = min(cut for cut in cuts if cut >= claim.end)
        others = [one for one in self.sentence.claims if one is not claim and one.kind in (Kind.NUMBER, Kind.DAY)]
        if any(start <= one.start < end for one in others):
            return ""
        return f"{text[start : claim.start]} {text[claim.end : end]}"


def _wrong(place: _Place) -> str:
    """What is wrong with one claim; empty when a fact carries it."""
    claim, ledger = place.claim, place.ledger
    if claim.kind is Kind.NAME:
        return "" if claim.text.casefold() in ledger.names else f"No fact is about {claim.text}."
    if claim.kind is Kind.ADDRESS:
        return "" if claim.text.casefold() in ledger.addresses else f"No fact carries the address {claim.text}."
    carried = ledger.carriers(claim)
    if not carried:
        return f"No fact says {claim.text}."
    meant = [fact for fact in carried if _is_meant(fact, place)]
    if not meant:
        return _whose(carried, place)
    if claim.kind is Kind.WORD:
        return ""
    if named := ledger.named(place.clause):
        meant = [fact for fact in meant if head(fact.measure) in named]
        if not meant:
            return f"{claim.text} is not the figure of {max(named, key=len)}."
    return _wrong_way(meant, place.sentence, claim.number) if claim.number else ""


def _is_meant(fact: Fact, place: _Place) -> bool:
    """Whether a fact that carries a claim is what the sentence speaks of.

    Of somebody, it must be the one who is named; where nobody is, a word for the one before or the measure's own words
    stand for it. A share means nothing without what it is a share of, and a change is told as one.
    """
    sentence, number = place.sentence, place.claim.number
    said, measure, named = stems(sentence.text), stems(fact.measure), bool(sentence.names())
    if not fact.subject and place.somebody in place.ledger.earlier_runs:
        return False  # what is measured now is no figure of an earlier run
    told = named or place.points_back or measure <= said
    if fact.subject and (fact.subject.casefold() not in place.subjects or not told):
        return False
    if number is None or number.unit not in ("ratio", "times"):
        return True
    if CHANGE.search(fact.measure) and number.unit == "ratio" and not MOVE.search(sentence.text):
        return False
    told_before = place.points_back and bool(measure & stems(place.before))
    return bool(measure & said) or told_before or (named and bool(fact.subject))


def _whose(carried: Sequence[Fact], place: _Place) -> str:
    """Why a claim that some fact carries is not what its sentence says."""
    said = place.claim.text
    owners = ", ".join(dict.fromkeys(fact.subject for fact in carried if fact.subject))
    if not owners:
        return f"{said} is {carried[0].label}, and the text does not say so."
    if place.about:
        return f"{said} is a fact of {owners}, not of {place.ledger.names.get(place.about, place.about)}."
    return f"{said} is a fact of {owners}, and the text does not say of whom it speaks."


def _wrong_way(meant: Sequence[Fact], sentence: Sentence, number: Number) -> str:
    """A change told as the opposite of what it is.

    Where its sign is written, the measure's own name (`Growth: -6.4 %`) tells no way.
    """
    changes = [fact for fact in meant if CHANGE.search(fact.measure) and isinstance(fact.value, int | float)]
    if not changes or len(changes) < len(meant):
        return ""
    text = sentence.text
    if number.value is not None and number.value < 0:
        text = re.sub(rf"\b{re.escape(head(changes[0].measure))}\b", "", text, flags=re.IGNORECASE)
    up, down = bool(RISE.search(text)), bool(FALL.search(text))
    values = [float(str(fact.value)) for fact in changes]
    if up and not down and all(value < 0 for value in values):
        return f"{changes[0].label} is a fall, not a rise."
    if down and not up and all(value > 0 for value in values):
        return f"{changes[0].label} is a rise, not a fall."
    return ""
