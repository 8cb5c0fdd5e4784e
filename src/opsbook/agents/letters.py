"""Holds a letter against its own facts, as reports are held against those of their run."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from opsbook.agents.checking import faults_in
from opsbook.agents.checking.numbers import numbers_in
from opsbook.agents.checking.speech import ORDINARY, stems
from opsbook.agents.page import Fact
from opsbook.inbox.told import Backing

HERE = "theirs"  # what stands where a name of the letter stood: a word that claims nothing


def unbacked(text: str, facts: Sequence[Backing]) -> list[str]:
    """What a letter claims and none of its facts carries, in sentences; empty when it may be drafted.

    A name, a code, an address or a link must stand in the letter as its fact says it. Whatever else is a claim (a
    figure, a day, somebody's name) is held against the facts by the checker of reports; a number in a name carries
    nothing there. A figure with the word for what it counts behind it (`42 orders`) must be a figure of just that.
    """
    said = [fact.text for fact in facts if _is_said(fact)]
    rest = [_as_fact(place, fact) for place, fact in enumerate(facts, 1) if not _is_said(fact)]
    plain = _without(text, said)
    return [fault.sentence for fault in faults_in(plain, rest)] + list(_miscounted(plain, rest))


def _miscounted(text: str, facts: Sequence[Fact]) -> Iterator[str]:
    """Figures told as the count of something else than they are: a count's label begins with what it counts."""
    counts = [(fact.value, stems(fact.label.split()[0])) for fact in facts if fact.unit == "count"]
    counted = frozenset(word for _, words in counts for word in words)
    for number in numbers_in(text):
        behind = re.match(r"\s+([a-z]+)", text[number.end :])
        word = number.counts or (behind[1] if behind else "")
        known = stems(word) & counted
        if known and not any(number.counted == value and known <= words for value, words in counts):
            yield f"No fact counts {text[number.start : number.end]} {word}."


def _is_said(fact: Backing) -> bool:
    """Whether it is said word for word; a name that is a figure or a month (420, April) is left to the checker."""
    letters = any(character.isalpha() for character in fact.text)
    return fact.unit == "text" and letters and fact.text.casefold() not in ORDINARY


def _without(text: str, said: Sequence[str]) -> str:
    """The text without what its facts say word for word."""
    plain = unicodedata.normalize("NFKC", text)
    names = sorted({unicodedata.normalize("NFKC", one) for one in said}, key=lambda one: (-len(one), one))
    if not names:
        return plain
    return re.sub(rf"(?<!\w)(?:{'|'.join(re.escape(name) for name in names)})(?!\w)", HERE, plain)


def _as_fact(place: int, fact: Backing) -> Fact:
    """As the checker reads it: a text that is left to it says a figure or a day, and is nobody's name there."""
    return Fact(
        f"f{place}", fact.label, fact.text, fact.source, fact.value, "time" if fact.unit == "text" else fact.unit
    )
