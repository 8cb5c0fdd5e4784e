"""Checks a model's prose and puts the facts in. A figure that is not a fact of the run does not get through."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from opsbook.agents.page import Fact, Section
from opsbook.agents.wording import inline

TOKEN = re.compile(r"\[\[(\w{1,12})\]\]")
# Words that carry a figure or a status as well as a digit does; "one" and "first" are left to ordinary speech.
_FIGURE_WORDS = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|millions?|billions?|dozens?|half|halved|"
    r"quarter|twice|doubled?|tripled?|percent|per cent|none|zero)\b",
    re.IGNORECASE,
)
_STATUS_WORDS = re.compile(r"\b(online|offline|healthy|unhealthy|degraded|outage)\b", re.IGNORECASE)


class ProseSection(BaseModel):
    """Plain sentences; every figure, status and time as `[[fact_id]]`."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=80)
    paragraphs: list[str] = Field(min_length=1, max_length=4)


class Answer(BaseModel):
    """What a model is asked to answer with."""

    model_config = ConfigDict(extra="forbid")

    sections: list[ProseSection] = Field(min_length=1, max_length=4)


def faults(answer: Answer, facts: Sequence[Fact]) -> list[str]:
    """What is wrong with an answer, in sentences for the model; empty when it may be used."""
    known = {fact.id for fact in facts}
    found: list[str] = []
    for section in answer.sections:
        for text in (section.title, *section.paragraphs):
            if len(text) > 1200:
                found.append("A paragraph is too long: at most 1200 characters.")
            if strange := [name for name in TOKEN.findall(text) if name not in known]:
                found.append(f"There is no fact {strange[0]}.")
            bare = unicodedata.normalize("NFKC", TOKEN.sub(" ", text))
            if any(character.isnumeric() or character == "%" for character in bare):
                found.append("A figure stands outside a token: use [[fact_id]] or leave it out.")
            for words, kind in ((_FIGURE_WORDS, "number"), (_STATUS_WORDS, "status")):
                if match := words.search(bare):
                    found.append(f"The {kind} word '{match[0]}' stands outside a token: use a fact or leave it out.")
    if not any(TOKEN.search(text) for section in answer.sections for text in section.paragraphs):
        found.append("No fact is used at all: say what the facts say.")
    return list(dict.fromkeys(found))


def rendered(answer: Answer, facts: Sequence[Fact]) -> tuple[Section, ...]:
    """The answer as sections, tokens replaced by the facts' own text, everything else taken literally."""
    texts = {fact.id: fact.text for fact in facts}
    return tuple(
        Section(f"prose_{place}", _filled(section.title, texts), [_filled(text, texts) for text in section.paragraphs])
        for place, section in enumerate(answer.sections)
    )


def _filled(text: str, texts: Mapping[str, str]) -> str:
    parts = TOKEN.split(text)  # text, id, text, id, ..., text
    return "".join(texts[part] if place % 2 else _literal(part) for place, part in enumerate(parts)).strip()


def _literal(text: str) -> str:
    """One line, Markdown escaped; the blanks at its ends are kept, for a token may follow."""
    before, after = text[:1].isspace(), text[-1:].isspace() and text.strip()
    return f"{' ' if before else ''}{inline(text)}{' ' if after else ''}"
