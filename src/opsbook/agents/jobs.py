"""A piece of delegated work for a model, and what comes of it. Nothing here knows a vendor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from opsbook.agents.facts import Facts
from opsbook.agents.results.reading import Answered
from opsbook.playbooks.catalog import ToolEntry
from opsbook.sdk.tool import ToolResult
from opsbook.sdk.values import JsonObject
from opsbook.sdk.work import Wanted

CallOne = Callable[[str, JsonObject], Awaitable[ToolResult]]


@dataclass(frozen=True)
class Job:
    """`facts` grow with every tool that the model asks for; `call` asks one in the agent's name, by the gateway.

    `tools` are those that a model is offered: of the agent's own list, and reading. `template` is the task before it
    was filled in.
    """

    task: str
    template: str
    output: Mapping[str, Wanted]
    facts: Facts
    tools: Mapping[str, ToolEntry]
    call: CallOne


@dataclass(frozen=True)
class Worked:
    """An answer that may be used and the model that gave it; or None, and the reason in `why`.

    `asked` are the tools that the model asked for: `{tool, args, source, error}`. `cost` is as in `Prose`.
    """

    answered: Answered | None
    by: str = ""
    why: str = ""
    asked: tuple[JsonObject, ...] = ()
    cost: JsonObject = field(default_factory=dict)
