"""The section `[mcp]`: who may ask this deployment over the Model Context Protocol, and which servers it may ask."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from opsbook.tools.mcp.configured import ServerSettings, well_named

EVERY = "*"
NAME = r"^[a-z][a-z0-9_-]{0,31}$"


class Right(StrEnum):
    """What a caller may do. None of them contains another."""

    READ = "read"  # see playbooks and runs, ask the tools that only read
    DRY_RUN = "dry_run"  # run without effects
    RUN = "run"  # run


class TokenSettings(BaseModel):
    """Whoever holds this token. What is not named here it may not do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(
        pattern=r"^[0-9a-f]{64}$", description="the token's SHA-256; `opsbook mcp token` draws one and prints this line"
    )
    rights: tuple[Right, ...] = Field(default=(), description="of `read`, `dry_run` and `run`; none contains another")
    playbooks: tuple[str, ...] = Field(
        default=(), description='ids of the playbooks that it sees, their runs included; `["*"]` is all'
    )


class McpSettings(BaseModel):
    """Who may ask us (`tokens`), and whom we may ask (`servers`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tokens: dict[Annotated[str, Field(pattern=NAME)], TokenSettings] = Field(
        default_factory=dict, description="one section for each caller of `/mcp`"
    )
    servers: Annotated[dict[str, ServerSettings], AfterValidator(well_named)] = Field(
        default_factory=dict, description="one section for each server whose tools may be used"
    )
