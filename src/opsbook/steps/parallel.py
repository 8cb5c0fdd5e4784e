"""`parallel`: several named blocks beside each other; the step is worth an object of their values by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from opsbook.playbooks.fields import NAME_PATTERN, StepFields
from opsbook.playbooks.model import Block, Step
from opsbook.sdk.step import Branch, Spread, StepContext, StepType


class Fields(StepFields):
    """A branch is worth what its last step is worth."""

    spreads: ClassVar[bool] = True

    branches: dict[Annotated[str, Field(pattern=NAME_PATTERN)], Block] = Field(min_length=1)
    at_once: Annotated[int, Field(ge=1, le=100)] = 10
    fail_fast: bool = True

    def blocks(self) -> Mapping[str, tuple[Step, ...]]:
        return {f"branches/{name}": steps for name, steps in self.branches.items()}


class Parallel(StepType[Fields]):
    grammar = Fields

    async def run(self, fields: Fields, context: StepContext) -> Spread:
        branches = tuple(Branch(name, f"branches/{name}") for name in fields.branches)
        return Spread(branches, fields.at_once, keyed=True, fail_fast=fields.fail_fast)


STEP = Parallel()
