"""Delegated work with a typed result: the tools' answers as facts, a model where one may be asked, rules where not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opsbook.agents.facts import Facts
from opsbook.agents.jobs import CallOne, Job, Worked
from opsbook.agents.models import Models
from opsbook.agents.privacy import Screen
from opsbook.agents.results.filling import as_facts, computed, put_together
from opsbook.agents.results.schema import asked_of_a_model
from opsbook.agents.roster import Agent
from opsbook.agents.spending import Charge
from opsbook.playbooks.catalog import ToolEntry
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.step import Done, RunFacts
from opsbook.sdk.tool import EffectClass, ToolResult
from opsbook.sdk.values import Json, JsonObject, plain, unknown_in
from opsbook.sdk.work import Assignment, Wanted

ANSWER = "answer"  # what the answer of a tool without a name is called in expressions


@dataclass(frozen=True)
class Place:
    """Where in a run the work is done: the step's path, the names that its expressions see, the deployment's tools."""

    path: str = ""
    names: Mapping[str, Any] = field(default_factory=dict)
    tools: Mapping[str, ToolEntry] = field(default_factory=dict)


@dataclass(frozen=True)
class Delegation:
    """One piece of work whose tools have answered: the `asked` tools and their `results` by name, and their `done`."""

    agent: Agent
    assignment: Assignment
    run: RunFacts
    place: Place
    asked: Mapping[str, str]
    results: Mapping[str, ToolResult]
    done: Done

    async def typed(self, models: Models, call: CallOne) -> Done:
        """The answers with the fields of the result beside them.

        `details` gets `facts`, `fields` (of each what it comes from and the facts it rests on), `asked` (the tools that
        a model asked for) and `written_by`. Nothing is asked where the tools found nothing at all: the whole value is
        unknown then.

        Raises as `Models.write` does, `InvalidDefinition` for a rule that cannot be worked out, and `InvalidInput` for
        an answer that has no place for fields.
        """
        if unknown_in(self.done.value):
            return self.done
        output, names = self.assignment.output, self._names()
        room = _room(self.done.value, output)
        formulas = computed(output, names)
        facts = self._facts(models.screen(), output, formulas)
        asked = self.assignment
        job = Job(asked.task, asked.template or asked.task, output, facts, self._offered(), call)
        worked = await self._worked(models, job)
        answered = worked.answered if worked else None
        values, origins = put_together(output, formulas, answered, self.done.figures, names)
        details: JsonObject = {
            **self.done.details,
            "facts": [plain(fact.as_json()) for fact in facts.found],
            "not_measured": dict(facts.missing),
            "fields": origins,
            "asked": list(worked.asked) if worked else [],
            "written_by": self._credit(worked),
        }
        warnings = [*self.done.warnings, *_warnings(worked)]
        return Done({**room, **values}, self.done.figures, tuple(warnings), details, cost=worked.cost if worked else {})

    def _names(self) -> Mapping[str, Any]:
        """What the rules of the fields may read: the run's names, the answers, the figures, the summary."""
        answers: dict[str, Json] = {name: plain(result.value) for name, result in self.results.items()}
        if len(answers) == 1:
            answers[ANSWER] = next(iter(answers.values()))
        about: dict[str, Json] = {"figures": dict(self.done.figures), "summary": self.done.details["summary"]}
        return {**self.place.names, **about, **answers}

    def _facts(self, screen: Screen, output: Mapping[str, Wanted], formulas: JsonObject) -> Facts:
        facts = Facts(self.run.timezone, screen)
        for label, value, unit in as_facts(output, formulas):
            facts.add(label, value, unit, "a formula of the step")
        for name, result in self.results.items():
            facts.take(name, self.asked[name], result)
        return facts

    def _offered(self) -> dict[str, ToolEntry]:
        """What a model may ask for by itself: on the agent's list, and reading; sorted, for a prompt to be the same."""
        tools, most = self.place.tools, self.assignment.max_tool_calls
        if most == 0 or self.agent.can.budget.tool_calls == 0:
            return {}
        names = sorted(self.agent.can.tools & tools.keys())
        return {name: tools[name] for name in names if tools[name].effect == EffectClass.READ}

    async def _worked(self, models: Models, job: Job) -> Worked | None:
        """What came of a model; None where none may be asked, or nothing is to be asked."""
        if not models.configured or not asked_of_a_model(job.output):
            return None
        tier = self.assignment.model_tier or self.agent.can.model_tier
        most = self.assignment.max_tool_calls
        charge = Charge(self.run, self.place.path, self.agent, "delegate", most, resumes=True)
        return await models.work(charge, tier, job)

    def _credit(self, worked: Worked | None) -> str:
        if worked is None:
            return "Filled from what the tools found; no model was asked."
        if worked.answered is None:
            why = worked.why.rstrip(".")
            return f"Filled from what the tools found; a model was asked and its answer was not used ({why})."
        return f"Answered by {worked.by} for {self.agent.id}; every figure is put in from what the tools found."


def _room(value: Json, output: Mapping[str, Wanted]) -> JsonObject:
    """The value that the fields stand in. Raises `InvalidInput` where there is no place for them."""
    if not isinstance(value, dict):
        cure = "Give the tool a name with `as:`; its answer stands under that name then."
        raise InvalidInput(
            "The tool's answer is no object, so fields cannot stand beside it.", field="output", cure=cure
        )
    if taken := sorted(value.keys() & output.keys()):
        cure = "Call the field something else, or give the tool a name with `as:`."
        raise InvalidInput(f"The tool's answer has a {taken[0]} of its own.", field="output", cure=cure)
    return value


def _warnings(worked: Worked | None) -> list[str]:
    if worked is None:
        return []
    refused = [str(one["error"]) for one in worked.asked if one["error"]]
    unused = [] if worked.answered else [f"The model's answer was not used: {worked.why}"]
    return [*dict.fromkeys(f"A tool that the model asked for gave no answer: {why}" for why in refused), *unused]
