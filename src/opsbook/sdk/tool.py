"""What a tool is: a named, typed question or act, whose effect class says what it does to the world."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.values import Json, JsonObject, plain


class EffectClass(StrEnum):
    """What a tool does. Undeclared is refused; a dry run executes `read` only."""

    READ = "read"  # may be repeated at will
    WRITE = "write"  # changes records, ours or another system's
    NOTIFY = "notify"  # reaches people
    MONEY = "money"  # moves or promises money


class ToolArgs(BaseModel):
    """Arguments of a tool: unknown ones are refused; the earlier system's camelCase names are accepted too."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


@dataclass(frozen=True)
class ToolContext:
    """What a tool may know of the run that calls it.

    `as_of` is the run's *scheduled* time: windows end there, half-open, so that a retry measures the same window.
    `effect_key` is stable over attempts and restarts: the key of whatever a writing tool creates.
    `day` bounds of a window are local to `timezone`.
    """

    as_of: datetime
    timezone: ZoneInfo
    run_id: str
    step_path: str
    effect_key: str
    dry_run: bool = False
    agent: str | None = None


@dataclass(frozen=True)
class ToolResult:
    """What a tool found. `value` is what a step saves; `figures` stand beside a value that is a list.

    `figures` maps a name to a measurement (`{"value", "status", "reason"?}`); `as_of` is the time the answer is true
    for, `window` the half-open `[start, end)` it covers, `source` what was asked, `warnings` what a reader must know.
    """

    value: Json
    as_of: datetime
    source: str
    window: tuple[datetime, datetime] | None = None
    figures: Mapping[str, Json] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def as_json(self) -> JsonObject:
        return {
            "value": plain(self.value),
            "figures": plain(self.figures),
            "as_of": plain(self.as_of),
            "window": plain(self.window) if self.window else None,
            "source": self.source,
            "warnings": list(self.warnings),
        }


A = TypeVar("A", bound=ToolArgs)


class Tool(ABC, Generic[A]):
    """One tool. A family of tools is one file of `tools/`, which lists its classes in `TOOLS`.

    A tool is made once, with the services of its family, and called many times at once: it keeps no state.
    """

    name: ClassVar[str]
    effect: ClassVar[EffectClass]
    summary: ClassVar[str]
    Args: ClassVar[type[Any]]

    @abstractmethod
    async def run(self, args: A, context: ToolContext) -> ToolResult:
        """Do it. A read returns the same for the same `as_of` as long as the data stands.

        A tool that writes does so under `context.effect_key`: called again with the same key it returns the first
        answer and changes nothing. Raises an `OpsbookError`; a figure that cannot be had is an unknown, not an error.
        """

    async def preview(self, args: A, context: ToolContext) -> ToolResult:
        """What `run` would do, without doing it. Tools that are not `read` must answer; nothing is written."""
        raise NeverWorks(f"{self.name} declares effect {self.effect} and has no preview.", code="no_preview")
