"""What a deployment knows, as data: the language is checked against it and imports none of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True)
class ToolEntry:
    """A tool as the language sees it: its effect class and the pydantic model of its arguments."""

    name: str
    effect: str
    args: type[Any]
    summary: str = ""


@dataclass(frozen=True)
class AgentEntry:
    """An agent as the language sees it: which tools it may call and to whom it may delegate."""

    id: str
    tools: frozenset[str] = frozenset()
    may_delegate_to: frozenset[str] = frozenset()
    answers_with: str | None = None


@dataclass(frozen=True)
class Catalog:
    """Step types by `type` (each grammar is a `fields.StepFields`), tools, agents, channels (`dashboard`, `email`,
    `slack`, `sms`) and integration ids."""

    steps: Mapping[str, type[BaseModel]]
    tools: Mapping[str, ToolEntry] = field(default_factory=dict)
    agents: Mapping[str, AgentEntry] = field(default_factory=dict)
    channels: frozenset[str] = frozenset()
    integrations: frozenset[str] = frozenset()
    playbooks: frozenset[str] = frozenset()
