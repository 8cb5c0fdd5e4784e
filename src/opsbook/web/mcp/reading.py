"""The deployment's own tools that only read, for a caller that may read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from opsbook.sdk.tool import EffectClass, Tool, ToolContext
from opsbook.tools.mcp.outside import OutsideTool
from opsbook.web.mcp.asked import Asked

LONGEST = timedelta(seconds=60)
PLACE = "mcp"  # where the rows of these calls say that they were made, in place of a step


class ToolTold(BaseModel):
    """What a tool found. A figure that could not be measured is an object with `status` unknown and a reason."""

    value: Any
    figures: dict[str, Any]
    as_of: str = Field(description="the time that the answer is true for")
    window: list[str] | None = Field(description="the half-open time that it covers")
    source: str
    warnings: list[str]


def readable(tools: Mapping[str, Tool[Any]]) -> dict[str, Tool[Any]]:
    """Those that only read, by name. Other people's servers are not passed on: nobody gets in by us."""
    return {
        name: tool
        for name, tool in sorted(tools.items())
        if tool.effect is EffectClass.READ and not isinstance(tool, OutsideTool)
    }


async def read(asked: Asked, name: str, args: dict[str, Any]) -> ToolTold:
    """Through the gateway, as an agent of the caller's name. The row of the call is kept. Raises what it raises."""
    app = asked.app
    call = app.ids.new("ask")
    context = ToolContext(app.world.clock.now(), ZoneInfo("UTC"), call, PLACE, call, agent=asked.caller.actor)
    allowed = frozenset(readable(app.gateway.tools))
    found = await app.gateway.call(name, args, context, allowed=allowed, timeout=LONGEST)
    return ToolTold.model_validate(found.as_json())
