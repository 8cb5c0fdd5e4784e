"""The agents: one Markdown file each, front matter for what an agent may do, prose for how it works."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from opsbook.playbooks.catalog import AgentEntry
from opsbook.playbooks.text.nodes import data
from opsbook.playbooks.text.reader import read
from opsbook.sdk.errors import InvalidDefinition, NotFound, Problem
from opsbook.tools._found import entries as tool_entries

OWN_ROSTER = Path(__file__).parent / "roster"
MOST_BYTES = 32_768
_ID = re.compile(r"^[a-z][a-z0-9_]{1,63}$")


class Autonomy(StrEnum):
    """How far an agent may go on its own. What it may *call* is its tools list, whatever is written here."""

    READS = "reads"  # asks, and says what it found
    REPORTS = "reports"  # reads, and writes reports
    DRAFTS = "drafts"  # makes things that take effect only when a person approves


class Budget(BaseModel):
    """What one piece of work may use of a model: requests, tokens in and out together, US dollars.

    `tool_calls` are those that a model may ask for by itself, beside the ones that the playbook names.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests: int = Field(default=4, ge=1, le=50)
    tokens: int = Field(default=30_000, ge=500, le=2_000_000)
    tool_calls: int = Field(default=4, ge=0, le=50)
    usd_per_task: float | None = Field(default=0.05, ge=0, le=100)


class FrontMatter(BaseModel):
    """The part between the `---` lines. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1, max_length=120)
    duties: tuple[str, ...] = ()
    model_tier: str = "economy"
    tools: frozenset[str] = frozenset()
    may_delegate_to: frozenset[str] = frozenset()
    answers_with: str | None = None
    autonomy: Autonomy = Autonomy.READS
    budget: Budget = Budget()


@dataclass(frozen=True)
class Agent:
    """One agent. `instructions` is the prose below the front matter, for a model."""

    id: str
    can: FrontMatter
    instructions: str


@dataclass(frozen=True)
class Roster:
    agents: Mapping[str, Agent]

    def get(self, agent_id: str) -> Agent:
        """The agent. Raises `NotFound` with the nearest id."""
        if agent := self.agents.get(agent_id):
            return agent
        raise NotFound(f"There is no agent {agent_id}.", cure=_near(agent_id, self.agents), code="no_agent")

    def entries(self) -> dict[str, AgentEntry]:
        """The agents as the language sees them."""
        return {
            agent.id: AgentEntry(agent.id, agent.can.tools, agent.can.may_delegate_to, agent.can.answers_with)
            for agent in self.agents.values()
        }


@cache
def entries() -> dict[str, AgentEntry]:
    """The agents that come with the product, as the language sees them."""
    return load_roster().entries()


def load_roster(extra: Path | None = None, more_tools: Collection[str] = ()) -> Roster:
    """The product's own agents, and those of the folder `extra`, which may replace some.

    `more_tools` names what the deployment has beside the product's own tools.

    Raises `InvalidDefinition` listing every problem of every file: a folder that is not there, front matter that
    cannot be read, an unknown tool or agent, a delegation deeper than one.
    """
    problems: list[Problem] = []
    agents: dict[str, Agent] = {}
    for file in _files(extra, problems):
        try:
            agents[file.stem] = read_agent(file)
        except InvalidDefinition as error:
            problems += error.problems
    for agent in agents.values():
        problems += _wrong_names(agent, agents, {*tool_entries(), *more_tools})
    if problems:
        raise InvalidDefinition(f"The roster is not valid: {problems[0]}", problems=problems)
    return Roster(dict(sorted(agents.items())))


def read_agent(file: Path) -> Agent:
    """One agent's file. Raises `InvalidDefinition`; names of other agents and of tools are not checked here."""
    if not _ID.match(file.stem):
        raise _refused(file.name, "The file's name is the agent's id", "Use small letters, digits and underscores.")
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(file.name, "The file cannot be read as UTF-8 text", type(error).__name__) from error
    if len(raw) > MOST_BYTES:
        raise _refused(file.name, "The file is too long", f"At most {MOST_BYTES} bytes.")
    parts = re.split(r"^---[ \t]*\r?$", text, maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3 or parts[0].strip():
        raise _refused(file.name, "There is no front matter", "Begin with a line ---, the keys, and a line ---.")
    return Agent(file.stem, _front_matter(file.name, parts[1]), parts[2].strip())


def _front_matter(name: str, text: str) -> FrontMatter:
    if re.search(r"(^|[\s\[{,:])[&*!]\S", text):
        raise _refused(name, "Anchors, aliases and tags are not used in front matter", "Quote a text that needs & * !.")
    root, problems = read(text, name)
    if problems:
        line = problems[0].place.line if problems[0].place else 1
        why = f"Line {line} of the front matter is not YAML that opsbook reads: {problems[0].sentence}"
        raise _refused(name, why, problems[0].cure)
    found = None if root is None else data(root)
    if not isinstance(found, dict):
        raise _refused(name, "The front matter is not a list of keys", "Write title: and the rest.")
    try:
        return FrontMatter.model_validate(found)
    except ValidationError as error:
        problems = [
            _problem(name, f"{'.'.join(map(str, one['loc']))}: {one['msg']}", _key_cure(one["type"], one["loc"]))
            for one in error.errors(include_url=False)
        ]
        raise InvalidDefinition(f"The agent {name} is not valid: {problems[0]}", problems=problems) from None


def _files(extra: Path | None, problems: list[Problem]) -> Iterator[Path]:
    yield from sorted(OWN_ROSTER.glob("*.md"))
    if extra is None:
        return
    if not extra.is_dir():
        problems.append(_problem(extra.name, "The roster folder is not there", "Make it, or take the setting out."))
        return
    yield from sorted(extra.glob("*.md"))


def _wrong_names(agent: Agent, agents: Mapping[str, Agent], tools: Collection[str]) -> Iterator[Problem]:
    can, file = agent.can, f"{agent.id}.md"
    for tool in sorted(can.tools.difference(tools)):
        yield _problem(file, f"There is no tool {tool}", _near(tool, tools))
    if can.answers_with is not None and can.answers_with not in can.tools:
        yield _problem(file, f"answers_with names {can.answers_with}, which is not among its tools", "Add it to tools.")
    for other in sorted(can.may_delegate_to):
        if other not in agents:
            yield _problem(file, f"There is no agent {other} to delegate to", _near(other, agents))
        elif other == agent.id or agents[other].can.may_delegate_to:
            cure = "Delegation is one deep: whoever is delegated to delegates to nobody."
            yield _problem(file, f"{agent.id} may not delegate to {other}", cure)


def _key_cure(kind: str, place: tuple[int | str, ...]) -> str:
    if kind != "extra_forbidden":
        return ""
    model: type[BaseModel] = Budget if place[0] == "budget" else FrontMatter
    return _near(str(place[-1]), model.model_fields) or f"The keys are: {', '.join(model.model_fields)}."


def _refused(name: str, sentence: str, cure: str) -> InvalidDefinition:
    problem = _problem(name, sentence, cure)
    return InvalidDefinition(str(problem), problems=[problem])


def _problem(name: str, sentence: str, cure: str) -> Problem:
    return Problem(f"{sentence.rstrip('.')}.", cure, path=f"roster/{name}", code="roster")


def _near(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else ""
