"""What the settings say of a server: how it is reached, and which of its tools exist for this deployment."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

SERVER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
TOOL_NAME = re.compile(r"[A-Za-z0-9_./-]{1,80}")
LONGEST = timedelta(minutes=2)
Leaves = Literal["figure", "time", "word", "system", "person", "organisation", "email", "id", "name", "text"]


def _only_reads(value: Any) -> Any:
    if isinstance(value, str) and value in ("write", "notify", "money"):
        raise ValueError(
            f"a server's tool that is declared {value} is not used: what acts goes out through the effects of this "
            "deployment, where it is recorded and approved; only tools that read can be allowed"
        )
    return value


class OutsideToolSettings(BaseModel):
    """One tool that may be used, as it was when it was allowed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    effect: Annotated[Literal["read"], BeforeValidator(_only_reads)] = Field(
        description="what it does to the world: `read` is the only class that can be allowed"
    )
    digest: str = Field(
        pattern=r"^[0-9a-f]{64}$", description="of what it says of itself; `opsbook mcp tools <server>` prints it"
    )
    leaves: dict[str, Leaves] = Field(
        default_factory=dict,
        description="the fields of its answer that models may see, `rows.title` and so on, and how: `figure`, `time`, "
        "`word`, `text`, `name`, `person`, `organisation`, `email`, `id`, `system`; without it none does",
    )

    @model_validator(mode="before")
    @classmethod
    def _is_pinned(cls, value: Any) -> Any:
        if isinstance(value, str):
            _only_reads(value)
            raise ValueError(
                'it is { effect = "read", digest = "…" }: the digest holds the tool to what it was when you allowed '
                "it, and `opsbook mcp tools <server>` prints the line"
            )
        return value


class ServerSettings(BaseModel):
    """One server, which is a program (`command`) or an address (`url`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: tuple[str, ...] = Field(default=(), description="program and arguments; no shell reads them")
    env: dict[str, SecretStr] = Field(
        default_factory=dict, description="variables of the program; of ours it gets PATH, HOME and the like"
    )
    url: str | None = Field(default=None, description="https address of a server that speaks streamable HTTP")
    token: SecretStr | None = Field(default=None, description="bearer token that is sent to `url`")
    timeout_seconds: float = Field(
        default=30, gt=0, le=LONGEST.total_seconds(), description="for one call, starting the program included"
    )
    tools: dict[str, OutsideToolSettings] = Field(
        default_factory=dict, description="the tools that exist here, by their name at the server"
    )

    @model_validator(mode="after")
    def _is_one_of_both(self) -> ServerSettings:
        if bool(self.command) == bool(self.url):
            raise ValueError("a server has either a command or a url")
        if self.token and not self.url:
            raise ValueError("a token is sent to a url; give a program its secrets in env")
        if bad := sorted(name for name in self.tools if not TOOL_NAME.fullmatch(name)):
            raise ValueError(f"{bad[0]!r} is no name of a tool")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        held = (*self.env.values(), *((self.token,) if self.token else ()))
        return tuple(secret.get_secret_value() for secret in held)


def well_named(servers: dict[str, ServerSettings]) -> dict[str, ServerSettings]:
    """The servers, when each has a name that tools can be called by."""
    if bad := sorted(name for name in servers if not SERVER_NAME.fullmatch(name)):
        raise ValueError(f"{bad[0]!r} is no name of a server: use small letters, digits, - and _")
    return servers
