"""`foreach`: the same block for every item of a list; the step is worth the list of what the blocks are worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from opsbook.playbooks.fields import NAME_PATTERN, Expression, StepFields
from opsbook.playbooks.model import Block, Step
from opsbook.sdk.errors import InvalidInput, PersonNeeded
from opsbook.sdk.step import Branch, Spread, StepContext, StepType
from opsbook.sdk.values import Json, Unknown, digest

MOST_ITEMS = 1000


class Fields(StepFields):
    """`as` names the item inside the block, `index` counts from 0. The branches' keys come from the items' content,
    so that a list that is read again in another order still meets its own branches."""

    spreads: ClassVar[bool] = True

    items: Expression
    as_: str = Field(default="item", alias="as", pattern=NAME_PATTERN)
    do: Block = Field(min_length=1)
    at_once: Annotated[int, Field(ge=1, le=100)] = 10
    fail_fast: bool = True

    def blocks(self) -> Mapping[str, tuple[Step, ...]]:
        return {"do": self.do}

    def block_names(self, block: str) -> frozenset[str]:
        return frozenset({self.as_, "index"})


class Foreach(StepType[Fields]):
    grammar = Fields

    async def run(self, fields: Fields, context: StepContext) -> Spread:
        items = context.evaluate(fields.items)
        if isinstance(items, Unknown):
            raise PersonNeeded(f"The list is unknown: {items.reason or 'no reason given'}.", code="unknown")
        if not isinstance(items, list):
            raise InvalidInput("`items` must yield a list.", field="items", code="not_a_list")
        if len(items) > MOST_ITEMS:
            raise InvalidInput(
                f"`items` yields more than {MOST_ITEMS:,} items.",
                field="items",
                cure="Narrow the list with filter or slice.",
                code="too_many_items",
            )
        return Spread(_branches(items, fields.as_), fields.at_once, fail_fast=fields.fail_fast)


def _branches(items: list[Json], name: str) -> tuple[Branch, ...]:
    seen: Counter[str] = Counter()
    branches = []
    for index, item in enumerate(items):
        key = digest(item)[:16]
        seen[key] += 1
        own = key if seen[key] == 1 else f"{key}-{seen[key]}"
        branches.append(Branch(own, "do", {name: item, "index": index}))
    return tuple(branches)


STEP = Foreach()
