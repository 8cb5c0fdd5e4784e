"""Re-engagement campaigns, as drafts that wait for a person. Nothing here sends."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.tools._services import ServedTool
from opsbook.sdk.values import JsonObject


class Discount(ToolArgs):
    """`percent` off, for `expires_days` from the day of the draft."""

    percent: float = Field(gt=0, le=100)
    expires_days: int = Field(default=30, ge=1, le=366)


class CampaignArgs(ToolArgs):
    """`audience` is what `findInactiveOrganizations` answers; `discount` is percent, or percent and days."""

    audience: list[JsonObject] = Field(min_length=1, max_length=5000)
    discount: Discount | float = Discount(percent=20)
    channel: Literal["email"] = "email"


class CreateReengagementCampaign(ServedTool[CampaignArgs]):
    name = "createReengagementCampaign"
    effect = EffectClass.WRITE
    summary = "Draft a re-engagement campaign that waits for approval: one rendered message for each recipient."
    Args = CampaignArgs


TOOLS = (CreateReengagementCampaign,)
