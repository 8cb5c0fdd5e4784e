"""`synthesize`: let an agent write a report from what the run has found; the step is worth its Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from opsbook.playbooks.fields import SavedName, StepFields, Text
from opsbook.sdk.step import Boundary, Done, StepContext, StepType
from opsbook.sdk.work import Writing


class Fields(StepFields):
    """`kind` names the report's sections; `sections` picks among them; `inputs` limits the evidence."""

    kind: Literal["health_report", "growth_report", "incident_report", "churn_report", "report"] = "report"
    title: Text = ""
    sections: tuple[str, ...] = ()
    template: Text | None = None
    inputs: tuple[SavedName, ...] = ()
    format: Literal["markdown"] = "markdown"
    model_tier: str | None = None


class Synthesize(StepType[Fields]):
    grammar = Fields

    @classmethod
    def boundary(cls, fields: Fields, effects: Mapping[str, str]) -> Boundary:
        return Boundary.MODEL

    async def run(self, fields: Fields, context: StepContext) -> Done:
        template = None if fields.template is None else context.words(fields.template)
        title = context.words(fields.title)
        return await context.write(
            Writing(
                context.agent or "leo",
                fields.kind,
                title or context.run.playbook_name,
                fields.sections,
                template,
                fields.inputs,
                fields.model_tier,
            )
        )


STEP = Synthesize()
