"""`playbook`: run another playbook as a child and go on when it has ended; the step is worth its saved results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import ClassVar

from pydantic import Field

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.fields import Duration, Filled, StepFields
from opsbook.sdk.errors import NeverWorks, PersonNeeded, Problem
from opsbook.sdk.step import Boundary, Done, Outcome, Park, StepContext, StepType
from opsbook.sdk.values import Json


class Fields(StepFields):
    """A child that does not end within `within` fails the step; the child itself goes on."""

    parks: ClassVar[bool] = True

    playbook: str
    inputs: Filled = Field(default_factory=dict)
    within: Duration = timedelta(hours=1)

    def problems(self, catalog: Catalog) -> Iterator[Problem]:
        if catalog.playbooks and self.playbook not in catalog.playbooks:
            near = get_close_matches(self.playbook, catalog.playbooks, 1)
            cure = f"Did you mean {near[0]}?" if near else "Publish it first."
            yield Problem("There is no such playbook.", cure, path="playbook", code="unknown_playbook")


class PlaybookStep(StepType[Fields]):
    grammar = Fields

    @classmethod
    def boundary(cls, fields: Fields, effects: Mapping[str, str]) -> Boundary:
        return Boundary.EFFECT

    async def run(self, fields: Fields, context: StepContext) -> Outcome:
        inputs = context.fill(fields.inputs)
        child = await context.start_run(fields.playbook, inputs if isinstance(inputs, dict) else {})
        if context.run.dry_run:
            return Done(None, details={"would_run": fields.playbook})
        return Park("run", context.clock.now() + fields.within, subject=child)

    async def resume(self, fields: Fields, context: StepContext, answer: Json) -> Done:
        if not isinstance(answer, dict):
            raise NeverWorks("The child run ended without a record.")
        if answer.get("state") != "succeeded":
            raise PersonNeeded(
                f"The child run ended {answer.get('state')}.", cure="Open it to see why.", code="child_failed"
            )
        return Done(answer.get("results"), details={"run_id": answer.get("run_id")})


STEP = PlaybookStep()
