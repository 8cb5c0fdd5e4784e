"""Re-engagement campaigns, as drafts that wait for a person. Nothing here sends."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict
from zoneinfo import ZoneInfo

from pydantic import Field

from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.sdk.values import JsonObject
from opsbook.tools._services import ServedTool

Percent = Annotated[float, Field(gt=0, le=100)]
AUTHOR = "craig"  # whose draft it is when the playbook calls the tool without an agent


class Discount(ToolArgs):
    """`percent` off, for `expires_days` from the day of the draft."""

    percent: Percent
    expires_days: int = Field(default=30, ge=1, le=366)


class CampaignArgs(ToolArgs):
    """`audience` is what `findInactiveOrganizations` answers; `discount` is percent, or percent and days."""

    audience: list[dict[str, Any]] = Field(min_length=1, max_length=5000)
    discount: Discount | Percent = Discount(percent=20)
    channel: Literal["email"] = "email"

    @property
    def terms(self) -> Discount:
        return self.discount if isinstance(self.discount, Discount) else Discount(percent=self.discount)


class Origin(TypedDict):
    """Where a draft comes from."""

    effect_key: str
    run_id: str
    agent: str
    as_of: datetime
    timezone: ZoneInfo


class CreateReengagementCampaign(ServedTool[CampaignArgs]):
    name = "createReengagementCampaign"
    effect = EffectClass.WRITE
    summary = "Draft a re-engagement campaign that waits for approval: one rendered message for each recipient."
    Args = CampaignArgs

    async def run(self, args: CampaignArgs, context: ToolContext) -> ToolResult:
        """Draft it under the context's effect key: called again, it answers the draft that stands."""
        campaigns = self.services.campaigns
        return _result(await campaigns.draft(args.audience, args.terms, args.channel, **_origin(context)), context)

    async def preview(self, args: CampaignArgs, context: ToolContext) -> ToolResult:
        """The letters that would be drafted; nothing is stored."""
        campaigns = self.services.campaigns
        return _result(await campaigns.preview(args.audience, args.terms, args.channel, **_origin(context)), context)


def _origin(context: ToolContext) -> Origin:
    return {
        "effect_key": context.effect_key,
        "run_id": context.run_id,
        "agent": context.agent or AUTHOR,
        "as_of": context.as_of,
        "timezone": context.timezone,
    }


def _result(value: JsonObject, context: ToolContext) -> ToolResult:
    compliance: Any = value["compliance"]
    warnings = dict.fromkeys(str(violation["message"]) for violation in compliance["violations"])
    return ToolResult(
        value,
        context.as_of,
        "the audience of the step, our suppression list and contact log",
        figures={"recipients": value["recipients"], "excluded": value["excluded"]},
        warnings=tuple(warnings),
    )


TOOLS = (CreateReengagementCampaign,)
