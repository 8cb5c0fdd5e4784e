"""`switch`: go on in the first case that fits, else in `else`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from opsbook.playbooks.fields import Condition, Expression, StepFields
from opsbook.playbooks.model import Block, Step
from opsbook.sdk.step import StepContext, StepType, Take
from opsbook.sdk.values import Unknown


class Case(StepFields):
    """Fits when `on` equals `is`, or when `when` holds."""

    is_: Any = Field(default=None, alias="is")
    when: Condition | None = None
    do: Block = Field(min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> Case:
        if (self.when is None) == ("is_" not in self.model_fields_set):
            raise ValueError("a case has either `is` or `when`")
        return self


class Fields(StepFields):
    """An unknown `on` or `when` takes no block: nothing later is tried either."""

    on: Expression | None = None
    cases: tuple[Case, ...] = Field(min_length=1)
    else_: Block = Field(default=(), alias="else")

    def blocks(self) -> Mapping[str, tuple[Step, ...]]:
        return {**{f"cases/{index}/do": case.do for index, case in enumerate(self.cases)}, "else": self.else_}

    @model_validator(mode="after")
    def _something_to_compare(self) -> Fields:
        if self.on is None and any(case.when is None for case in self.cases):
            raise ValueError("`is` needs an `on` to compare with")
        return self


class Switch(StepType[Fields]):
    grammar = Fields

    async def run(self, fields: Fields, context: StepContext) -> Take:
        subject = None if fields.on is None else context.evaluate(fields.on)
        if isinstance(subject, Unknown):
            return Take(None, subject.as_json())
        for index, case in enumerate(fields.cases):
            if case.when is None:
                fits: bool | Unknown = _equal(case.is_, subject)
            else:
                fits = context.truth(case.when)
            if isinstance(fits, Unknown):
                return Take(None, fits.as_json())
            if fits:
                return Take(f"cases/{index}/do", index)
        return Take("else", None)


def _equal(case: Any, subject: Any) -> bool:
    """Strict as `===`: of one kind and equal; numbers are of one kind, however they are written."""
    if isinstance(case, int | float) and isinstance(subject, int | float):
        return isinstance(case, bool) is isinstance(subject, bool) and case == subject
    return type(case) is type(subject) and bool(case == subject)


STEP = Switch()
