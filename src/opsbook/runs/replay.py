"""Repeats what models wrote in a run, from the record alone: the evidence of then, the answers of then, today's code.

Nothing is asked, sent or written. A piece of work that calls tools is not repeated: what they found is not kept word
for word, and asking them again would be another conversation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from opsbook.agents.transcript import of_steps
from opsbook.playbooks.model import Step
from opsbook.records.model_requests import RequestState
from opsbook.records.rows import Row
from opsbook.records.segments import Fence
from opsbook.runs.context import Context, Scene
from opsbook.runs.journal import Entry, Journal, branch_of, visible
from opsbook.runs.names import Names, built_in
from opsbook.runs.segment import RunBody
from opsbook.sdk.errors import NeverWorks, NotFound, OpsbookError
from opsbook.sdk.step import Done
from opsbook.sdk.tool import ToolResult
from opsbook.sdk.values import JsonObject
from opsbook.sdk.work import Message, ThreadDraft


class Outcome(StrEnum):
    """What came of repeating a piece of work."""

    SAME = "same"  # byte for byte what is in the record
    CHANGED = "changed"  # today's code makes something else of the same answers
    NOT_REPEATED = "not_repeated"  # there is nothing to repeat it from


@dataclass(frozen=True)
class Replayed:
    """One piece of work. `kept` is its value in the record, `today` what the same answers come to now.

    `same_questions` is None where nothing was repeated.
    """

    path: str
    step_id: str
    outcome: Outcome
    reason: str = ""
    kept: Any = None
    today: Any = None
    same_questions: bool | None = None

    def as_json(self) -> JsonObject:
        return {**vars(self), "outcome": self.outcome.value}


class OnlyReading(Context):
    """A step's view of the record: whatever would reach out of it is refused."""

    async def call_tool(self, name: str, args: JsonObject, *, agent: str | None = None) -> ToolResult:
        raise _refused("It calls tools.")

    async def deliver(self, message: Message) -> tuple[JsonObject, ...]:
        raise _refused("It sends messages.")

    async def open_thread(self, draft: ThreadDraft) -> JsonObject:
        raise _refused("It opens threads.")

    async def start_run(self, playbook_id: str, inputs: JsonObject) -> str:
        raise _refused("It starts runs.")


async def replay(body: RunBody, run_id: str, step: str | None = None) -> list[Replayed]:
    """Every piece of work of a run that asked models, or the one of `step` (its id or its path), in their order.

    Raises `NotFound` where there is no such run, or where no model was asked.
    """
    row = body.services.records.runs.get(run_id)
    if row is None:
        raise NotFound(f"There is no run {run_id}.", cure="`opsbook runs list` shows those there are.")
    steps = {found["path"]: found for found in body.services.records.runs.steps(run_id)}
    asked = body.services.desk.models.meter.requests.of_run(run_id)
    works = [(path, rows) for path, rows in of_steps(asked) if path in steps]
    chosen = [one for one in works if step in (None, one[0], steps[one[0]]["step_id"])]
    if not chosen:
        where = f"The step {step}" if step else f"The run {run_id}"
        raise NotFound(f"{where} asked no model.", cure="`opsbook runs transcript` shows what models were asked.")
    return [await _repeat(body, row, steps, path, rows) for path, rows in chosen]


async def _repeat(
    body: RunBody, row: Row, steps: Mapping[str, Row], path: str, rows: Sequence[Mapping[str, Any]]
) -> Replayed:
    from opsbook.agents.replaying import repeating  # noqa: PLC0415 the library of agents takes a second to import

    entry = Entry.from_json(steps[path]["outcome"])
    rows = [one for one in rows if one["asked_at"] >= entry.started_at]  # those of an interrupted attempt are older
    if not rows or rows[-1]["state"] != RequestState.ANSWERED:
        return Replayed(path, entry.step_id, Outcome.NOT_REPEATED, "Its last request has no answer.", entry.value)
    repeated = repeating(body.services.desk, rows, entry.details.get("recalled"))
    services = replace(body.services, desk=repeated.desk)
    plan = body.plan_of(row)
    step = next(one for _, one in plan.playbook.every_step() if one.id == entry.step_id)
    journal = Journal(_before(steps, path, entry))
    names = Names(plan, built_in(plan.playbook, row, dict(services.people)), journal).of_branches(plan, journal, path)
    scene = Scene(services, plan.playbook, row, Fence(f"{row['id']}/replay", 0))
    seen = [one for one in journal if visible(one.path, branch_of(path))]
    context = OnlyReading(scene, step, path, names, lambda: seen)
    try:
        done = await _work(plan.step_types[step.type], step, context)
    except OpsbookError as error:
        outcome = Outcome.NOT_REPEATED if error.code == "not_repeatable" else Outcome.CHANGED
        return Replayed(path, entry.step_id, outcome, error.sentence, entry.value)
    same = done.value == entry.value
    reason = "" if same else str(done.details.get("written_by", "Its text differs."))
    outcome = Outcome.SAME if same else Outcome.CHANGED
    return Replayed(path, entry.step_id, outcome, reason, entry.value, done.value, repeated.same_questions)


async def _work(kind: Any, step: Step, context: Context) -> Done:
    outcome = await kind.run(step.fields, context)
    if not isinstance(outcome, Done):
        raise _refused("It came to no value.")
    return outcome


def _before(steps: Mapping[str, Row], path: str, entry: Entry) -> list[Entry]:
    """What had ended when the step began, in the order of the ends."""
    began, place = entry.started_at, steps[path]["position"]
    found = [
        row
        for row in steps.values()
        if row["ended_at"] is not None
        and row["path"] != path
        and (row["ended_at"] < began or (row["ended_at"] == began and row["position"] < place))
    ]
    return [
        Entry.from_json(row["outcome"]) for row in sorted(found, key=lambda row: (row["ended_at"], row["position"]))
    ]


def _refused(why: str) -> NeverWorks:
    return NeverWorks(why, code="not_repeatable")
