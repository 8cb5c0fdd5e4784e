"""How campaigns are sent, as a deployment sets it."""

from __future__ import annotations

from pydantic import Field

from opsbook.inbox.hours import Hours


class Pace(Hours):
    """Letters on their way together, in a minute, and the hours of their recipients in which they leave."""

    at_once: int = Field(default=8, ge=1, le=64, description="letters that are on their way together")
    per_minute: int = Field(default=0, ge=0, le=100_000, description="most letters that leave in a minute; 0: no limit")
