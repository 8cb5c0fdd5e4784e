"""What a playbook may reach: whoever publishes it grants this."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.model import Playbook
from opsbook.playbooks.validate.annotations import Role, Seen, places

KINDS = ("tools", "agents", "channels", "playbooks")


@dataclass(frozen=True)
class Capabilities:
    """`acting` are those of the tools that do more than read, as far as the catalog knows."""

    tools: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    playbooks: frozenset[str] = frozenset()
    acting: frozenset[str] = frozenset()

    def of(self, kind: str) -> frozenset[str]:
        """The names of one of `KINDS`."""
        found: frozenset[str] = getattr(self, kind)
        return found


def capabilities(playbook: Playbook, catalog: Catalog | None = None) -> Capabilities:
    """Everything that a document names. An agent that is delegated to without tools brings its own one."""
    found: dict[Role, set[str]] = {Role.TOOL: set(), Role.AGENT: set(), Role.CHANNEL: set()}
    for seen in _places(playbook):
        if seen.role in found:
            found[seen.role].add(str(seen.value))
    tools, started = found[Role.TOOL], set()
    for _, step in playbook.every_step():
        agent = catalog.agents.get(str(getattr(step.fields, "to", ""))) if catalog else None
        if agent is not None and not getattr(step.fields, "tools", ()) and agent.answers_with:
            tools.add(agent.answers_with)
        if isinstance(child := getattr(step.fields, "playbook", None), str):
            started.add(child)
    entries = catalog.tools if catalog else {}
    acting = frozenset(name for name in tools if name in entries and entries[name].effect != "read")
    channels, agents = frozenset(found[Role.CHANNEL]), frozenset(found[Role.AGENT])
    return Capabilities(frozenset(tools), agents, channels, frozenset(started), acting)


def _places(playbook: Playbook) -> Iterator[Seen]:
    yield from places(playbook)
    for _, step in playbook.every_step():
        yield from places(step)
