"""Step types, tools and their arguments, agents and channels, against what the deployment knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pydantic import BaseModel

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.model import Playbook, Step
from opsbook.playbooks.text.nodes import Node, Path, find, nearest, path_text
from opsbook.playbooks.text.reader import shown
from opsbook.playbooks.validate.annotations import Role, Seen, places
from opsbook.playbooks.validate.arguments import argument_problems
from opsbook.playbooks.validate.nearest import Nearest
from opsbook.playbooks.validate.shape import document_path
from opsbook.sdk.errors import RETRYABLE, Problem


def use_problems(playbook: Playbook, root: Node, catalog: Catalog, near: Nearest) -> Iterator[Problem]:
    """Whatever the document names that is not there, or may not be used so."""
    check = _Check(playbook, root, catalog, near)
    yield from check.part(playbook, (), None)
    yield from _one_zone(playbook)
    for text, step in playbook.every_step():
        yield from check.step(step, document_path(text))


def _one_zone(playbook: Playbook) -> Iterator[Problem]:
    """Occurrences are told apart by the wall clock, and a run's dates are local: to one zone."""
    zones = {place: t.schedule.timezone for place, t in enumerate(playbook.triggers) if t.schedule is not None}
    first = next(iter(zones.values()), "")
    for place, zone in zones.items():
        if zone != first:
            path = ("triggers", place, "schedule", "timezone")
            yield _problem(f"The playbook has another time zone already: {first}.", "Write one.", path, "other_zone")


class _Check:
    def __init__(self, playbook: Playbook, root: Node, catalog: Catalog, near: Nearest) -> None:
        self.playbook = playbook
        self.root = root
        self.catalog = catalog
        self.near = near

    def step(self, step: Step, path: Path) -> Iterator[Problem]:
        if step.type not in self.catalog.steps:
            cure = self.near.cure(step.type, self.catalog.steps, "Step types here")
            yield _problem(f"There is no step type {shown(step.type)}.", cure, (*path, "type"), "unknown_step_type")
        yield from self.part(step, path, step)
        for problem in step.fields.problems(self.catalog):
            yield replace(problem, path=path_text(path) + (f"/{problem.path}" if problem.path else ""))
        yield from self._delegation(step, path)
        yield from self._limits(step, path)

    def part(self, part: BaseModel, path: Path, step: Step | None) -> Iterator[Problem]:
        """Every name of a tool, an agent or a channel in one step, or in the playbook's own keys."""
        for seen in places(part, path):
            if seen.role not in (Role.AGENT, Role.CHANNEL, Role.TOOL):
                continue
            name = str(seen.value)
            if seen.role is Role.AGENT and name not in self.catalog.agents:
                cure = self.near.cure(name, self.catalog.agents, "Agents here")
                yield _problem(f"There is no agent {shown(name)}.", cure, seen.path, "unknown_agent")
            elif seen.role is Role.CHANNEL and name not in self.catalog.channels:
                cure = self.near.cure(name, self.catalog.channels, "Channels here")
                yield _problem(f"There is no channel {shown(name)}.", cure, seen.path, "unknown_channel")
            elif seen.role is Role.TOOL:
                yield from self._tool(seen, step)

    def _tool(self, seen: Seen, step: Step | None) -> Iterator[Problem]:
        name = str(seen.value)
        tool = self.catalog.tools.get(name)
        if tool is None:
            cure = self.near.cure(name, self.catalog.tools, "Tools here")
            yield _problem(f"There is no tool {shown(name)}.", cure, seen.path, "unknown_tool")
            return
        agent_id = self._caller(seen, step)
        agent = self.catalog.agents.get(agent_id or "")
        if agent is not None and name not in agent.tools:
            others = sorted(one.id for one in self.catalog.agents.values() if name in one.tools)
            cure = f"It is on the list of: {', '.join(others)}." if others else "Take the agent out."
            yield _problem(f"{agent.id} may not use {name}.", cure, seen.path, "tool_not_allowed")
        path = (*seen.path[:-1], "with")
        yield from argument_problems(
            tool, find(self.root, path), path, nearest(self.root, path), self.catalog.integrations, self.near
        )

    def _caller(self, seen: Seen, step: Step | None) -> str | None:
        """Whose list decides: the agent delegated to, else the step's, else the playbook's."""
        delegated = getattr(step.fields, "to", None) if step and seen.owner is not step.fields else None
        return delegated or (step.agent if step else None) or self.playbook.agent

    def _delegation(self, step: Step, path: Path) -> Iterator[Problem]:
        to = next((one for one in places(step.fields, path) if one.role is Role.AGENT and one.path[-1] == "to"), None)
        giver = self.catalog.agents.get(step.agent or self.playbook.agent or "")
        if to is None or giver is None or to.value not in self.catalog.agents or to.value in giver.may_delegate_to:
            return
        may = ", ".join(sorted(giver.may_delegate_to))
        cure = f"{giver.id} may delegate to: {may}." if may else f"{giver.id} delegates to nobody."
        yield _problem(f"{giver.id} may not delegate to {to.value}.", cure, to.path, "delegation_not_allowed")

    def _limits(self, step: Step, path: Path) -> Iterator[Problem]:
        if step.timeout and step.timeout > self.playbook.policy.timeout:
            cure = "The run ends first: raise `policy.timeout`, or lower this."
            sentence = "This time limit is longer than the run's."
            yield Problem(sentence, cure, path_text((*path, "timeout")), code="timeout_too_long", severity="warning")
        for index, code in enumerate(step.retry.on if step.retry else ()):
            if code not in RETRYABLE:
                cure = self.near.cure(code, RETRYABLE, "Codes that may pass")
                sentence = f"No error that may pass has the code {shown(code)}."
                yield _problem(sentence, cure, (*path, "retry", "on", index), "unknown_error_code")


def _problem(sentence: str, cure: str, path: Path, code: str) -> Problem:
    return Problem(sentence, cure, path_text(path), code=code)
