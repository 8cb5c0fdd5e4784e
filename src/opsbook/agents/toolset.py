"""The tools that a model may ask for by itself: those of its agent that read, through the gateway, counted.

Imported only when a model is asked. A tool set like those of pydantic-ai. Nothing in it acts and nothing in it
delegates: what an agent may not do is not offered, and whatever else a model names is not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool
from pydantic_core import SchemaValidator, core_schema

from opsbook.agents.jobs import Job
from opsbook.agents.spending import Charge, Meter
from opsbook.sdk.errors import BudgetUsedUp, OpsbookError
from opsbook.sdk.values import Json, JsonObject, plain

MISTAKES = 3  # calls in a row that pydantic-ai takes back before it gives up
_ANYTHING = SchemaValidator(schema=core_schema.any_schema())  # the gateway checks, and says what is wrong


@dataclass
class AskedTool:
    """One call that a model asked for. `error` says why there is no answer."""

    tool: str
    args: JsonObject = field(default_factory=dict)
    source: str = ""
    error: str = ""

    def as_json(self) -> JsonObject:
        return {"tool": self.tool, "args": self.args, "source": self.source, "error": self.error or None}


@dataclass
class GatewayTools(AbstractToolset[None]):
    """What a call finds becomes facts of the job. `asked` keeps what was called."""

    job: Job
    meter: Meter
    charge: Charge
    asked: list[AskedTool] = field(default_factory=list)

    @property
    def id(self) -> str | None:
        return "gateway"

    async def get_tools(self, ctx: RunContext[None]) -> dict[str, ToolsetTool[None]]:
        return {
            spoken(name): ToolsetTool(
                toolset=self,
                tool_def=ToolDefinition(
                    name=spoken(name),
                    description=entry.summary,
                    parameters_json_schema=entry.args.model_json_schema(by_alias=False),
                    sequential=True,
                ),
                max_retries=MISTAKES,
                args_validator=_ANYTHING,
            )
            for name, entry in self.job.tools.items()
        }

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[None], tool: ToolsetTool[None]
    ) -> JsonObject:
        """The new facts and all that could not be measured; or the reason why there is no answer.

        Raises `BudgetUsedUp` where the playbook fails when a budget is used up; otherwise the model is told to answer.
        """
        name = next((one for one in self.job.tools if spoken(one) == name), name)
        asked = AskedTool(name)
        self.asked.append(asked)
        facts = self.job.facts
        try:
            await self.meter.reserve_call(self.charge, name)
            asked.args = _object(facts.screen.restored(plain(tool_args)))
            result = await self.job.call(name, asked.args)
        except BudgetUsedUp as limit:
            if self.charge.run.allowance.fail_when_used_up:
                raise
            asked.error = limit.sentence
            return {"refused": limit.sentence, "next": "Answer with the facts that you have."}
        except OpsbookError as error:
            asked.error = error.sentence
            return {"error": facts.screen.text(f"{error.sentence} {error.cure}".strip(), "error")}
        asked.source = result.source
        before = len(facts.found)
        facts.take(name, name, result)
        return facts.shown(since=before)

    def told(self) -> tuple[JsonObject, ...]:
        """What was asked for, for the record."""
        return tuple(one.as_json() for one in self.asked)


def spoken(name: str) -> str:
    """A tool's name as vendors take it: what is neither a letter, a digit, `_` nor `-` becomes `_`."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def _object(args: Json) -> JsonObject:
    """What is no object is refused by the gateway as one without any argument."""
    return args if isinstance(args, dict) else {}
