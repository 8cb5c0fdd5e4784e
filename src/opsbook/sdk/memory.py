"""What a memory of agents is: notes about what came of earlier runs, kept by another system. No run depends on one.

A note has no prose. Whoever reads it back reads it strictly: figures with a unit and a date, words of small sets, and
labels; anything else that a memory holds is none of ours and is left out. So a note can be shown, and held against the
facts, whatever became of it over there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from opsbook.sdk.effects import ConnectorClass, Receipt
from opsbook.sdk.values import JsonObject

MOST_FIGURES = 12
MOST_BYTES = 8_192
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_ ]{0,63}$")]
Label = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9 ,()_-]{0,63}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NotedFigure(_Part):
    """What was measured then, under the label of the report that told it. Cents, not dollars; a ratio, not percent."""

    label: Label
    value: Annotated[float, Field(allow_inf_nan=False)]
    unit: Literal["count", "cents", "ratio", "ms", "seconds"]


class Note(_Part):
    """What came of one run. `about` is its playbook's id, `as_of` its scheduled time.

    `criteria` are the verdicts by criterion, `done` how many effects left by channel.
    """

    about: Word
    as_of: AwareDatetime
    state: Word
    verdict: Word | None = None
    criteria: Annotated[dict[Word, Word], Field(max_length=30)] = Field(default_factory=dict)
    done: Annotated[dict[Word, Annotated[int, Field(ge=0)]], Field(max_length=30)] = Field(default_factory=dict)
    figures: Annotated[tuple[NotedFigure, ...], Field(max_length=MOST_FIGURES)] = ()

    @property
    def words(self) -> str:
        """The note as a line for people."""
        parts = [f"{self.about} as of {self.as_of.isoformat(timespec='minutes')}: {self.state}"]
        parts += [f"criteria {self.verdict.replace('_', ' ')}"] if self.verdict else []
        parts += [f"{key.replace('_', ' ')} {verdict.replace('_', ' ')}" for key, verdict in self.criteria.items()]
        parts += [f"sent by {channel}: {number}" for channel, number in self.done.items()]
        parts += [f"{one.label}: {one.value:g} {one.unit}" for one in self.figures]
        return "; ".join(parts)

    def as_json(self) -> JsonObject:
        found: JsonObject = self.model_dump(mode="json")
        return found


def note_from(value: object) -> Note | None:
    """A note as it was kept; None for anything that is not exactly one."""
    try:
        if len(json.dumps(value)) > MOST_BYTES:
            return None
        return Note.model_validate(value)
    except (ValidationError, ValueError, TypeError, RecursionError):
        return None


class Memory(Protocol):
    """One memory. Its effect class says what can be proven about a note whose keeping was lost (see `sdk.effects`).

    `remember` raises `Refused` when the note was surely not kept and `Lost` when it may have been; `recall` raises
    `OpsbookError`. Reading may be repeated.
    """

    name: str
    effect_class: ConnectorClass
    search_after: timedelta

    async def recall(self, agent: str, about: str, before: datetime, most: int) -> Sequence[Note]:
        """The agent's last notes about a playbook from before a moment, the newest first; none is no error."""

    async def remember(self, agent: str, note: Note, key: str) -> Receipt:
        """Keep a note under a key that is the same at every repeat."""

    async def find(self, agent: str, note: Note, key: str) -> Receipt | None:
        """The note where it was kept under this key, None where it surely was not. Raises `Lost` where nobody knows."""
