"""`delegate`: let another agent work with its own tools; the step is worth what the tools found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import Field

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.fields import NAME_PATTERN, AgentName, Filled, StepFields, Text, ToolName
from opsbook.sdk.errors import Problem
from opsbook.sdk.step import Boundary, Done, StepContext, StepType
from opsbook.sdk.work import Assignment, ToolRequest


class ToolUse(StepFields):
    """One tool of the assignment; `as` names its answer when there are several."""

    tool: ToolName
    with_: Filled = Field(default_factory=dict, alias="with")
    as_: str | None = Field(default=None, alias="as", pattern=NAME_PATTERN)


class Fields(StepFields):
    """`to` is the agent. Without `tools` the agent's own tool is asked, with the arguments in `with`."""

    to: AgentName
    task: Text
    tools: tuple[ToolUse, ...] = ()
    with_: Filled = Field(default_factory=dict, alias="with")
    model_tier: str | None = None

    def problems(self, catalog: Catalog) -> Iterator[Problem]:
        agent = catalog.agents.get(self.to)
        if agent is not None and not self.tools and agent.answers_with is None:
            yield Problem(f"{agent.id} has no tool of its own.", "List the tools to ask.", path="to", code="no_tool")


class Delegate(StepType[Fields]):
    grammar = Fields

    @classmethod
    def boundary(cls, fields: Fields, effects: Mapping[str, str]) -> Boundary:
        acts = any(effects.get(use.tool) != "read" for use in fields.tools)
        return Boundary.EFFECT if acts else Boundary.MODEL

    async def run(self, fields: Fields, context: StepContext) -> Done:
        tools = tuple(ToolRequest(use.tool, context.fill(use.with_), use.as_) for use in fields.tools)  # type: ignore[arg-type]
        task = context.words(fields.task)
        args = context.fill(fields.with_)
        return await context.delegate(
            Assignment(fields.to, task, tools, args if isinstance(args, dict) else {}, fields.model_tier)
        )


STEP = Delegate()
