"""Checks a model's prose and puts the facts in. A figure that is not a fact of the run does not get through."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from opsbook.agents.checking import faults_in
from opsbook.agents.checking.addresses import addresses_in
from opsbook.agents.checking.dates import days_in
from opsbook.agents.checking.numbers import numbers_in
from opsbook.agents.marks import bare, marked
from opsbook.agents.page import Fact, Section
from opsbook.agents.privacy.tokens import TOKEN
from opsbook.agents.wording import inert, inline, paragraph

MOST_CHARACTERS = 1200


class ProseSection(BaseModel):
    """Plain sentences; every figure, status and time as `[[fact_id]]`, every name as the token it came as."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=80)
    paragraphs: list[str] = Field(min_length=1, max_length=4)


class Answer(BaseModel):
    """What a model is asked to answer with."""

    model_config = ConfigDict(extra="forbid")

    sections: list[ProseSection] = Field(min_length=1, max_length=4)


def faults(answer: Answer, facts: Sequence[Fact], ordinary: Sequence[str] = ()) -> list[str]:
    """What is wrong with an answer, in sentences for the model; empty when it may be used.

    A figure, a day and an address come in by their token alone. What then stands there, names and statuses in the
    model's own words included, is held against the facts as `checking` says; `ordinary` words are nobody's name.
    """
    texts = [text for section in answer.sections for text in (section.title, *section.paragraphs)]
    found = [fault for text in texts for fault in loose_ends(text, facts)]
    if not any(TOKEN.search(text) for text in texts):
        found.append("No fact is used at all: say what the facts say.")
    if not found:
        said = "\n".join(put_in(text, facts) for text in texts)
        found = [fault.sentence for fault in faults_in(said, facts, ordinary)]
    return list(dict.fromkeys(found))


def loose_ends(text: str, facts: Sequence[Fact]) -> list[str]:
    """What is wrong with one text before its facts are put in: its length, strange tokens, what stands beside them."""
    known = {fact.id for fact in facts}
    found = [] if len(text) <= MOST_CHARACTERS else [f"A paragraph is too long: at most {MOST_CHARACTERS} characters."]
    found += [f"There is no token {name}." for name in TOKEN.findall(text) if name not in known]
    bare = unicodedata.normalize("NFKC", TOKEN.sub(" ", text))
    places = [(one.start, one.end) for one in numbers_in(bare)] + [(one.start, one.end) for one in days_in(bare)]
    places += list(addresses_in(bare))
    loose = [bare[start:end].strip() for start, end in places]
    return found + [f"'{said}' stands outside a token: use [[fact_id]] or leave it out." for said in loose]


def rendered(answer: Answer, facts: Sequence[Fact]) -> tuple[Section, ...]:
    """The answer as sections, tokens replaced by what they stand for; no text of anybody's is taken as Markdown."""
    return tuple(
        Section(
            f"prose_{place}",
            filled(section.title, facts, mark=True),
            [_paragraph(filled(text, facts, mark=True)) for text in section.paragraphs],
        )
        for place, section in enumerate(answer.sections)
    )


def _paragraph(text: str) -> str:
    """A paragraph that begins no list or heading; one that a fact would make one of loses its marks."""
    plain = bare(text)
    safe = paragraph(plain)
    return text if safe == plain else safe


def put_in(text: str, facts: Sequence[Fact]) -> str:
    """The text as a checker reads it."""
    texts = {fact.id: fact.text for fact in facts}
    return TOKEN.sub(lambda token: texts[token[1]], text)


def filled(text: str, facts: Sequence[Fact], *, mark: bool = False) -> str:
    """The text as it leaves: tokens replaced by what they stand for; nothing in it is Markdown.

    `mark` leaves it to the writer of a report to see where each fact stands.
    """
    texts = {fact.id: inert(fact.text) for fact in facts}
    if mark:
        texts = {fact_id: marked(fact_id, shown) for fact_id, shown in texts.items()}
    parts = TOKEN.split(text)  # text, id, text, id, ..., text
    return "".join(texts[part] if place % 2 else _literal(part) for place, part in enumerate(parts)).strip()


def _literal(text: str) -> str:
    """One line, Markdown escaped; the blanks at its ends are kept, for a token may follow."""
    before, after = text[:1].isspace(), text[-1:].isspace() and text.strip()
    return f"{' ' if before else ''}{inline(text)}{' ' if after else ''}"
