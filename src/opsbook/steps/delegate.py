"""`delegate`: let another agent work with its own tools; the step is worth what they found and what it makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.fields import NAME_PATTERN, AgentName, Filled, StepFields, Text, ToolName
from opsbook.playbooks.output import Name, OutputField, output_problems
from opsbook.sdk.errors import Problem
from opsbook.sdk.step import Boundary, Done, StepContext, StepType
from opsbook.sdk.work import Assignment, ToolRequest


class ToolUse(StepFields):
    """One tool of the assignment; `as` names its answer when there are several."""

    tool: ToolName
    with_: Filled = Field(default_factory=dict, alias="with")
    as_: str | None = Field(default=None, alias="as", pattern=NAME_PATTERN)


class Fields(StepFields):
    """`to` is the agent. Without `tools` the agent's own tool is asked, with the arguments in `with`.

    `output` asks for a typed result, whose fields stand beside the tools' answers in the step's value. A model that
    works on it may ask the agent's reading tools by itself, `max_tool_calls` times at most.
    """

    to: AgentName
    task: Text
    tools: tuple[ToolUse, ...] = ()
    with_: Filled = Field(default_factory=dict, alias="with")
    model_tier: str | None = None
    output: Annotated[dict[Name, OutputField], Field(max_length=20)] = Field(default_factory=dict)
    max_tool_calls: Annotated[int, Field(ge=0, le=50)] | None = None

    def own_names(self, key: str) -> frozenset[str]:
        if key != "output":
            return frozenset()
        answers = {use.as_ or use.tool for use in self.tools}
        return frozenset({"figures", "summary", *answers, *(("answer",) if len(self.tools) < 2 else ())})

    def problems(self, catalog: Catalog) -> Iterator[Problem]:
        agent = catalog.agents.get(self.to)
        if agent is not None and not self.tools and agent.answers_with is None:
            yield Problem(f"{agent.id} has no tool of its own.", "List the tools to ask.", path="to", code="no_tool")
        taken = {use.as_ or (use.tool if len(self.tools) > 1 else "") for use in self.tools}
        yield from output_problems(self.output, frozenset(taken))
        if self.max_tool_calls is not None and not self.output:
            cure = "Add `output:`, or take this away."
            sentence = "Only a step with an `output` has a model that asks for tools."
            yield Problem(sentence, cure, path="max_tool_calls", code="wrong_value")


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
            Assignment(
                fields.to,
                task,
                tools,
                args if isinstance(args, dict) else {},
                fields.model_tier,
                {name: one.wanted() for name, one in fields.output.items()},
                fields.max_tool_calls,
                fields.task,
            )
        )


STEP = Delegate()
