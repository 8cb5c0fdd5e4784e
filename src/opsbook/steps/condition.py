"""`condition`: answer a question, keep the answer as a flag, and go on in `then` or `else`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from opsbook.playbooks.fields import NAME_PATTERN, Condition, StepFields
from opsbook.playbooks.model import Block, Step
from opsbook.sdk.step import StepContext, StepType, Take
from opsbook.sdk.values import Unknown


class Fields(StepFields):
    """`if` must be a boolean or unknown; an unknown answer takes neither block."""

    if_: Condition = Field(alias="if")
    sets: str | None = Field(default=None, pattern=NAME_PATTERN)
    then: Block = ()
    else_: Block = Field(default=(), alias="else")

    def blocks(self) -> Mapping[str, tuple[Step, ...]]:
        return {"then": self.then, "else": self.else_}

    def gives(self) -> frozenset[str]:
        return frozenset({self.sets} if self.sets else ())


class ConditionStep(StepType[Fields]):
    grammar = Fields

    async def run(self, fields: Fields, context: StepContext) -> Take:
        answer = context.truth(fields.if_)
        value: Any = answer.as_json() if isinstance(answer, Unknown) else answer
        block = None if isinstance(answer, Unknown) else "then" if answer else "else"
        return Take(block, value, {fields.sets: value} if fields.sets else {})


STEP = ConditionStep()
