"""`tool_call`: ask one tool, or let it act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic import Field

from opsbook.playbooks.fields import Filled, StepFields, ToolName
from opsbook.sdk.step import Boundary, Done, StepContext, StepType


class Fields(StepFields):
    """`with` holds the tool's arguments; texts in it may use `{{ }}`."""

    tool: ToolName
    with_: Filled = Field(default_factory=dict, alias="with")


class ToolCall(StepType[Fields]):
    grammar = Fields

    @classmethod
    def boundary(cls, fields: Fields, effects: Mapping[str, str]) -> Boundary:
        return Boundary.NONE if effects.get(fields.tool) == "read" else Boundary.EFFECT

    async def run(self, fields: Fields, context: StepContext) -> Done:
        args = context.fill(fields.with_)
        assert isinstance(args, dict)  # filling keeps the shape
        done = Done.found(await context.call_tool(fields.tool, args))
        return replace(done, details={**done.details, "tool": fields.tool})  # by which even an unknown answer is found


STEP = ToolCall()
