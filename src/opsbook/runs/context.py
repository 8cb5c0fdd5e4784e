"""What one step of one run may do: the step contract, bound to the run's names, its rights and its services."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from opsbook.agents.delegation import Place
from opsbook.effects.delivery import Origin
from opsbook.effects.ledger import effect_key
from opsbook.playbooks.expressions import evaluate, fill_key, fill_text, fill_tree, truth
from opsbook.playbooks.model import Budget, Exhausted, Playbook, Step
from opsbook.records.rows import Row
from opsbook.records.segments import Fence
from opsbook.runs.journal import Entry, StepStatus
from opsbook.runs.names import Names
from opsbook.runs.services import Services
from opsbook.runs.telling import facts_path, footnote, lent_at, told_in, with_links
from opsbook.runs.verdict import judge
from opsbook.sdk.clock import Clock
from opsbook.sdk.step import Allowance, Done, RunFacts
from opsbook.sdk.tool import ToolContext, ToolResult
from opsbook.sdk.tracing import Span
from opsbook.sdk.values import Json, JsonObject, Unknown, plain
from opsbook.sdk.work import Assignment, Message, Question, ThreadDraft, Writing


@dataclass(frozen=True)
class Scene:
    """What all steps of one execution of a segment share."""

    services: Services
    playbook: Playbook
    row: Row
    fence: Fence

    @cached_property
    def facts(self) -> RunFacts:
        row = self.row
        return RunFacts(
            row["id"],
            row["playbook_id"],
            row["playbook_name"],
            row["as_of"],
            ZoneInfo(row["timezone"]),
            row["dry_run"],
            row["trigger"],
            _allowance(self.playbook.policy.budget),
        )


@dataclass(frozen=True)
class Context:
    """One step's view. Implements `sdk.step.StepContext`. `so_far` gives what has ended before it and can be seen."""

    scene: Scene
    step: Step
    path: str
    names: Names
    so_far: Callable[[], Iterable[Entry]]

    @property
    def run(self) -> RunFacts:
        return self.scene.facts

    @property
    def step_id(self) -> str:
        return self.step.id

    @property
    def agent(self) -> str | None:
        return self.step.agent or self.scene.playbook.agent

    @property
    def clock(self) -> Clock:
        return self.scene.services.clock

    def evaluate(self, expression: str) -> Json | Unknown:
        return evaluate(expression, self.names.values)

    def truth(self, expression: str) -> bool | Unknown:
        return truth(expression, self.names.values)

    def fill(self, value: Json) -> Json:
        return plain(fill_tree(value, self.names.values))

    def words(self, text: str) -> str:
        return str(plain(fill_text(text, self.names.values)))

    def key(self, text: str) -> str | None:
        found = fill_key(text, self.names.values)
        return None if isinstance(found, Unknown) else str(plain(found))

    def effect_key(self, item: str) -> str:
        return effect_key(self.run.run_id, self.path, item)

    async def call_tool(self, name: str, args: JsonObject, *, agent: str | None = None) -> ToolResult:
        caller = agent or self.agent
        entry = self.scene.services.catalog.agents.get(caller or "")
        context = ToolContext(
            self.run.as_of,
            self.run.timezone,
            self.run.run_id,
            self.path,
            self.effect_key(f"tool:{name}"),
            self.run.dry_run,
            caller,
        )
        allowed = entry.tools if entry else None
        return await self.scene.services.gateway.call(name, args, context, allowed=allowed, timeout=None)

    def _agent_span(self, agent: str) -> AbstractContextManager[Span]:
        about = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.id": agent, "gen_ai.agent.name": agent}
        return self.scene.services.tracer.span(
            f"invoke_agent {agent}", {**about, "gen_ai.conversation.id": self.run.run_id}
        )

    async def delegate(self, assignment: Assignment) -> Done:
        async def call(tool: str, args: JsonObject, agent: str) -> ToolResult:
            return await self.call_tool(tool, args, agent=agent)

        services = self.scene.services
        at = Place(self.path, self.names.values, services.catalog.tools)
        with self._agent_span(assignment.agent):
            return await services.desk.delegate(assignment, self.run, call, from_agent=self.agent, at=at)

    def told(self, *texts: str) -> list[JsonObject]:
        names = self.names.values
        return told_in(texts, names, self.so_far(), lent_at(self.scene.playbook, self.path, names))

    async def write(self, writing: Writing) -> Done:
        writing = replace(writing, footnote=footnote(self.run.run_id, self.scene.services.public_url))
        standing = judge(self.scene.playbook, self.names.values)
        criteria = [criterion.as_json() for criterion in standing]
        with self._agent_span(writing.agent):
            return await self.scene.services.desk.write(writing, self.run, self.path, self._evidence(), criteria)

    async def deliver(self, message: Message) -> tuple[JsonObject, ...]:
        door = self.scene.services.dry_door if self.run.dry_run else self.scene.services.door
        origin = Origin(self.run.run_id, self.path, self.scene.fence, self.effect_key)
        if base := self.scene.services.public_url:
            linked = with_links(message.body, self.so_far(), f"{base}{facts_path(self.run.run_id)}")
            message = replace(message, linked=linked)
        return await door.deliver(message, origin)

    async def open_thread(self, draft: ThreadDraft) -> JsonObject:
        threads = self.scene.services.threads
        if self.run.dry_run:
            return threads.preview(draft)
        opened = await threads.open(
            draft,
            effect_key=self.effect_key("thread"),
            run_id=self.run.run_id,
            playbook_id=self.run.playbook_id,
        )
        if draft.campaign_id is not None:  # those whom the thread is assigned to decide about it
            await self.scene.services.approvals.tell_about(draft.campaign_id)
        return opened

    async def ask(self, question: Question) -> JsonObject:
        approvals = self.scene.services.approvals
        if self.run.dry_run:
            return approvals.preview(question)
        row = await approvals.ask(question, self.scene.row, self.path, self.agent or "opsbook")
        return {"approval_id": row["id"], "digest": row["digest"], "deadline": plain(row["deadline"])}

    async def start_run(self, playbook_id: str, inputs: JsonObject) -> str:
        if self.run.dry_run:
            return ""
        return await self.scene.services.start_child(self.run.run_id, self.path, playbook_id, inputs)

    def _evidence(self) -> Mapping[str, Mapping[str, Any]]:
        """What earlier steps found, under their saved names and their ids."""
        found: dict[str, dict[str, Any]] = {}
        for entry in self.so_far():
            if entry.status is not StepStatus.COMPLETED or entry.block is not None:
                continue
            facts = {
                **entry.details,
                "value": entry.value,
                "figures": dict(entry.figures),
                "warnings": list(entry.warnings),
                "step_id": entry.step_id,
                "path": entry.path,
                "name": entry.name,
            }
            saved = (name for name, value in entry.names.items() if value == entry.value)  # a flag is no answer
            for name in [entry.step_id, *saved]:
                found[name] = facts
        return found


def _allowance(budget: Budget) -> Allowance:
    limits = budget.model_dump(exclude={"on_exhausted"})
    return Allowance(**limits, fail_when_used_up=budget.on_exhausted is Exhausted.FAIL)
