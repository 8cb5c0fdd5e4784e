"""`wait`: let go of the worker for a while, or until a moment; the run goes on by itself, also after a restart."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field, model_validator

from opsbook.playbooks.fields import Duration, StepFields, Text
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.step import Park, StepContext, StepType


class Fields(StepFields):
    """`for` counts from the moment the step is reached; `until` is a time with its offset (RFC 3339)."""

    parks: ClassVar[bool] = True

    for_: Duration | None = Field(default=None, alias="for")
    until: Text | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Fields:
        if (self.for_ is None) == (self.until is None):
            raise ValueError("a wait has either `for` or `until`")
        return self


class Wait(StepType[Fields]):
    grammar = Fields

    async def run(self, fields: Fields, context: StepContext) -> Park:
        if fields.for_ is not None:
            return Park("timer", context.clock.now() + fields.for_)
        try:
            until = datetime.fromisoformat(str(context.fill(fields.until)))
        except ValueError:
            until = None
        if until is None or until.tzinfo is None:
            raise InvalidInput(
                "`until` is not a time with its offset.", field="until", cure="Write it like 2026-11-24T09:00:00-05:00."
            )
        return Park("timer", until)


STEP = Wait()
