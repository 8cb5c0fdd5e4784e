"""The desk: hands work to agents and has reports written, within what the roster allows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opsbook.agents.criteria import criteria_section
from opsbook.agents.delegation import Delegation, Place
from opsbook.agents.evidence import Evidence
from opsbook.agents.models import Models, Prose
from opsbook.agents.page import Page
from opsbook.agents.remembering import Recall, recalled, worth_keeping
from opsbook.agents.reports._found import report_kind
from opsbook.agents.roster import Agent, Roster
from opsbook.agents.spending import Charge
from opsbook.agents.wording import figure, inline
from opsbook.agents.writer import NO_MODEL, compose, laid_out
from opsbook.sdk.clock import Clock
from opsbook.sdk.errors import InvalidInput, NotAllowed
from opsbook.sdk.step import Done, RunFacts
from opsbook.sdk.tool import ToolResult
from opsbook.sdk.values import Json, JsonObject, plain, unknown_in
from opsbook.sdk.work import Assignment, ToolRequest, Writing

CallTool = Callable[[str, JsonObject, str], Awaitable[ToolResult]]
UNITS = {"cents": "cents", "ratio": "ratio", "ms": "ms", "seconds": "seconds"}


class Desk:
    """`models` may be without any key: then every text is the deterministic one, and says so.

    `recall` is a memory's, where there is one.
    """

    def __init__(self, roster: Roster, models: Models, clock: Clock, recall: Recall | None = None) -> None:
        self.recall = recall
        self.roster = roster
        self.models = models
        self.clock = clock

    def readiness(self) -> list[JsonObject]:
        """How each agent is: `{id, title, model, configured, problems}`, by id.

        `configured` says whether a model may be asked; without one the deterministic renderer writes, which is no
        problem. Agents with faults in their files never get this far: the roster refuses them.
        """
        models, tiers = self.models, self.models.settings.tiers
        return [
            {
                "id": agent.id,
                "title": agent.can.title,
                "model": models.name_of(agent.can.model_tier) if models.configured else "deterministic renderer",
                "configured": models.configured,
                "problems": [] if agent.can.model_tier in tiers else [f"there is no tier {agent.can.model_tier}"],
            }
            for agent in self.roster.agents.values()
        ]

    async def delegate(
        self, assignment: Assignment, run: RunFacts, call: CallTool, *, from_agent: str | None, at: Place | None = None
    ) -> Done:
        """Have an agent ask its tools, one after the other in the order of the assignment.

        The value is the tool's value, or an object by name when there are several; the figures of several are named
        `<name>.<figure>`. `details` holds agent, task, `tool` (or `tools` by name, each with source, as_of, window,
        figures and warnings) and `summary`: at most three sentences on the figures. Where the assignment has an
        `output`, its fields stand beside the answers, as `delegation` says; `at` is the place in the run.

        Raises:
            NotFound: there is no such agent.
            NotAllowed: the delegation, or one of the tools, is not in the roster. Nothing has been called then.
            InvalidInput: no tool is named and the agent has none that answers for it.
        """
        agent = self.roster.get(assignment.agent)
        self._check_delegation(from_agent, agent)
        requests = _requests(agent, assignment)
        results: dict[str, ToolResult] = {}
        for request in requests:
            results[request.name or request.tool] = await call(request.tool, request.args, agent.id)
        about: JsonObject = {"agent": agent.id, "from_agent": from_agent, "task": assignment.task}
        tools = {request.name or request.tool: request.tool for request in requests}
        if len(requests) == 1 and not (assignment.output and requests[0].name):
            done = _one_answer(requests[0].tool, results, about)
        else:
            done = _answers(tools, results, about)
        done = replace(done, details={**done.details, "summary": summary(agent, done.figures, done.value)})
        if not assignment.output:
            return done

        async def call_one(tool: str, args: JsonObject) -> ToolResult:
            return await call(tool, args, agent.id)

        work = Delegation(agent, assignment, run, at or Place(), tools, results, done)
        return await work.typed(self.models, call_one)

    async def write(
        self,
        writing: Writing,
        run: RunFacts,
        path: str,
        evidence: Mapping[str, Mapping[str, Any]],
        criteria: Sequence[Mapping[str, Any]] = (),
    ) -> Done:
        """Write a report; the value is its Markdown.

        `path` is the step's place in the run. `evidence` maps saved names (and step ids) to what was found there;
        `writing.inputs` picks among them. `criteria` are rows `{id, name, verdict, reason, seen}` of what the run's
        criteria say so far. `details` holds the `facts` that the figures came in as, `places` where each stands in the
        value (`[start, end, fact id]`), and who wrote it.

        Raises `NotFound` for an agent, `InvalidInput` for a kind, a section or an input that does not exist.
        """
        agent = self.roster.get(writing.agent)
        page = compose(writing, run, Evidence(_picked(writing, evidence)), criteria_section(criteria))
        notes, forgotten = await recalled(self.recall, agent.id, page)
        prose: Prose | None = None
        if self.models.configured:
            tier = writing.model_tier or agent.can.model_tier
            charge = Charge(run, path, agent, writing.kind)
            prose = await self.models.write(charge, tier, report_kind(writing.kind).title, page.facts)
        sections = prose.sections if prose else ()
        written_by = prose.credit if prose else NO_MODEL
        text, places = laid_out(writing, page, sections, written_by)
        details: JsonObject = {
            "agent": agent.id,
            "kind": writing.kind,
            "facts": [plain(fact.as_json()) for fact in page.facts],
            "places": [list(place) for place in places],
            "not_measured": dict(page.missing),
            "written_by": written_by,
        }
        if self.recall is not None:
            details |= {"recalled": notes, "worth_keeping": worth_keeping(page)}
        warnings = (*forgotten, *(prose.warnings if prose else ()))
        return Done(text, _page_figures(page), warnings, details, cost=prose.cost if prose else {})

    def _check_delegation(self, from_agent: str | None, to: Agent) -> None:
        if from_agent == to.id:
            return
        if from_agent is None:
            raise NotAllowed(
                f"Nobody delegates to {to.id} here.", cure="Name the playbook's agent.", code="delegation_not_allowed"
            )
        allowed = self.roster.get(from_agent).can.may_delegate_to
        if to.id not in allowed:
            may = f"{from_agent} may delegate to: {', '.join(sorted(allowed)) or 'nobody'}."
            raise NotAllowed(f"{from_agent} may not delegate to {to.id}.", cure=may, code="delegation_not_allowed")


def _one_answer(tool: str, results: Mapping[str, ToolResult], about: JsonObject) -> Done:
    (result,) = results.values()
    done = Done.found(result)
    return replace(done, details={**done.details, **about, "tool": tool})


def _answers(tools: Mapping[str, str], results: Mapping[str, ToolResult], about: JsonObject) -> Done:
    """Several answers as one object; `tools` maps their names to the tools that gave them."""
    figures = {f"{name}.{key}": plain(one) for name, result in results.items() for key, one in result.figures.items()}
    details: JsonObject = {
        **about,
        "tools": {name: _about(tools[name], result) for name, result in results.items()},
        "source": ", ".join(dict.fromkeys(result.source for result in results.values())),
        "as_of": plain(max(result.as_of for result in results.values())),
        "window": None,
    }
    warnings = tuple(warning for result in results.values() for warning in result.warnings)
    return Done({name: plain(result.value) for name, result in results.items()}, figures, warnings, details)


def summary(agent: Agent, figures: Mapping[str, Json], value: Json) -> str:
    """One to three sentences: what was measured, and what could not be."""
    if unknown := unknown_in(value):
        return f"{agent.can.title} found no answer: {inline(unknown.reason)}."
    measured = {**figures, **_members(value)}
    known = [f"{_words(name)} {figure(one, _unit(one))}" for name, one in measured.items() if unknown_in(one) is None]
    missing = [_words(name) for name, one in measured.items() if unknown_in(one)]
    lines = [f"{agent.can.title} found {', '.join(known[:6])}."] if known else []
    if isinstance(value, list) and not known:
        lines.append(f"{agent.can.title} found {len(value)} entries.")
    if missing:
        lines.append(f"Could not be measured: {', '.join(missing[:6])}.")
    return " ".join(lines) or f"{agent.can.title} answered."


def _requests(agent: Agent, assignment: Assignment) -> tuple[ToolRequest, ...]:
    requests = assignment.tools
    if not requests:
        if agent.can.answers_with is None:
            cure = f"Name its tools under tools: {', '.join(sorted(agent.can.tools))}."
            raise InvalidInput(f"{agent.id} has no tool that answers for it.", field="tools", cure=cure, code="no_tool")
        requests = (ToolRequest(agent.can.answers_with, assignment.args),)
    for request in requests:
        if request.tool not in agent.can.tools:
            may = f"It may call: {', '.join(sorted(agent.can.tools)) or 'nothing'}."
            raise NotAllowed(f"{agent.id} may not call {request.tool}.", cure=may, code="tool_not_allowed")
    names = [request.name or request.tool for request in requests]
    if len(set(names)) != len(names):
        raise InvalidInput(
            "Two tools of one assignment have the same name.", field="tools", cure="Give them as: names."
        )
    return requests


def _about(tool: str, result: ToolResult) -> JsonObject:
    about = result.as_json()
    about.pop("value")
    return {**about, "tool": tool}


def _picked(writing: Writing, evidence: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    if not writing.inputs:
        return evidence
    for name in writing.inputs:
        if name not in evidence:
            cure = f"Found so far: {', '.join(sorted(evidence)) or 'nothing'}."
            raise InvalidInput(f"The report's input {name} is not in the run's evidence.", field="inputs", cure=cure)
    return {name: evidence[name] for name in writing.inputs}


def _page_figures(page: Page) -> dict[str, Json]:
    return {
        "facts": {"value": len(page.facts), "status": "ok"},
        "not_measured": {"value": len(page.missing), "status": "ok"},
    }


def _members(value: Json) -> dict[str, Json]:
    """Measurements that are members of an object value."""
    if not isinstance(value, dict):
        return {}
    return {
        name: one
        for name, one in value.items()
        if isinstance(one, dict) and (unknown_in(one) or (one.get("status") == "ok" and "value" in one))
    }


def _unit(value: Json) -> str:
    return UNITS.get(str(value.get("unit")), "count") if isinstance(value, dict) else "count"


def _words(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")
