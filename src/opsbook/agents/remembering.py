"""What an agent is reminded of while it writes, and what of a report is worth a note.

A memory is another system's word: its figures come in as facts of `memory`, each about the run that they were measured
in (`Run of Mon 9 Mar 2026, 09:00 EDT: Signups`), so that none can be told without its date.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from opsbook.agents.page import REMEMBERED, Page, Section
from opsbook.agents.wording import UNITS, inline, moment
from opsbook.sdk.errors import OpsbookError
from opsbook.sdk.memory import MOST_FIGURES, Note, note_from
from opsbook.sdk.values import Json

Recall = Callable[[str, str, datetime, int], Awaitable[Sequence[Note]]]  # agent, playbook, before, how many at most

MOST_NOTES = 3
SECONDS = 5.0  # the longest that a report waits for a memory
BEFORE_LAST = "not_measured"  # the section that closes every report


async def recalled(
    recall: Recall | None, agent: str, page: Page, seconds: float = SECONDS
) -> tuple[list[Json], tuple[str, ...]]:
    """Put what the agent remembers on the page; answers the notes as JSON, and what to warn of.

    Without a memory nothing happens. One that fails, or takes longer than it may, costs a warning and nothing else.
    """
    if recall is None:
        return [], ()
    run = page.run
    try:
        async with asyncio.timeout(seconds):
            notes = await recall(agent, run.playbook_id, run.as_of, MOST_NOTES)
    except TimeoutError:
        return [], (f"The memory of {agent} did not answer within {seconds:g} s; the report was written without it.",)
    except OpsbookError as error:
        return [], (f"The memory of {agent} was of no use: {error.sentence}",)
    lines = [_line(page, note) for note in notes]
    if lines:
        section = Section("memory", "From earlier runs", [_INTRODUCTION, "\n".join(f"- {line}" for line in lines)])
        last = len(page.sections) - (1 if page.sections and page.sections[-1].id == BEFORE_LAST else 0)
        page.sections.insert(last, section)
    return [note.as_json() for note in notes], ()


def from_record(notes: Json) -> Recall:
    """A memory that says what it said then, for a run that is repeated."""
    found = [note for one in (notes if isinstance(notes, list) else []) if (note := note_from(one))]

    async def recall(agent: str, about: str, before: datetime, most: int) -> Sequence[Note]:
        return found[:most]

    return recall


def worth_keeping(page: Page) -> list[Json]:
    """The page's figures of the platform as a whole, as notes keep them: `{label, value, unit}`."""
    found: list[Json] = []
    labels: set[str] = set()
    for fact in page.facts:
        number = isinstance(fact.value, int | float) and not isinstance(fact.value, bool)
        if (
            number
            and not fact.subject
            and fact.source != REMEMBERED
            and fact.unit in UNITS
            and fact.label not in labels
        ):
            labels.add(fact.label)
            found.append({"label": fact.label, "value": fact.value, "unit": fact.unit})
    return found[:MOST_FIGURES]


_INTRODUCTION = "Remembered, not measured by this run:"


def _line(page: Page, note: Note) -> str:
    """One note, its words and figures kept as facts about the run that they are from."""
    when = f"Run of {moment(note.as_of, page.run.timezone)}"
    verdict = (note.verdict or "unknown").replace("_", " ")
    figures = [
        f"{inline(one.label)} {page.fact(f'{when}: {one.label}', one.value, one.unit, REMEMBERED)}"
        for one in note.figures
    ]
    outcome = page.state(f"{when}: outcome", note.state, REMEMBERED)
    criteria = page.state(f"{when}: criteria", verdict, REMEMBERED)
    parts = [outcome, f"criteria {criteria}", *figures]
    return f"{when}: {'; '.join(parts)}."
