"""`set`: give names to values."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from opsbook.playbooks.fields import NAME_PATTERN, Filled, StepFields
from opsbook.sdk.step import Done, StepContext, StepType
from opsbook.sdk.values import Json


class Fields(StepFields):
    """`values` maps names to values; texts in them may use `{{ }}`. Later ones do not see earlier ones."""

    values: dict[Annotated[str, Field(pattern=NAME_PATTERN)], Filled] = Field(min_length=1)

    def gives(self) -> frozenset[str]:
        return frozenset(self.values)


class SetStep(StepType[Fields]):
    grammar = Fields

    async def run(self, fields: Fields, context: StepContext) -> Done:
        values: dict[str, Json] = {name: context.fill(value) for name, value in fields.values.items()}
        given: dict[str, Any] = dict(values)
        return Done(values, sets=given)


STEP = SetStep()
