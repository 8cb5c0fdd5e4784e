"""`approval`: ask people for a decision and wait for it, for days if need be; what is approved goes on by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from opsbook.playbooks.fields import NAME_PATTERN, Duration, Expression, StepFields, Text
from opsbook.playbooks.model import InputField
from opsbook.sdk.errors import PersonNeeded
from opsbook.sdk.step import Boundary, Done, Outcome, Park, StepContext, StepType
from opsbook.sdk.values import Json, JsonObject, plain
from opsbook.sdk.work import Question

AT_MOST = timedelta(days=366)  # that a run waits, all rounds of the deadline together
SUPPOSED = "A dry run asks nobody: it goes on as if this were approved."


class Fields(StepFields):
    """`to` and `escalate_to` hold persons of the settings and roles (`role:approver`). `of` is what is decided about:
    it is frozen when it is asked; a campaign's value means its own approval, with that one's deciders and deadline.
    `form` declares typed answers as `inputs` does.

    On the `deadline` it expires, people are reminded (three times, then it expires) or others are asked as well
    (`escalate`, once, then it expires). The step is worth `{decision, by, at, via, form, note, decisions}`. A rejection
    or an expiry fails it, unless `unless_approved` says `continue`. A dry run asks nobody and supposes an approval.
    """

    parks: ClassVar[bool] = True

    to: tuple[str, ...] = Field(min_length=1)
    title: Text = ""
    message: Text
    of: Expression | None = None
    quorum: Annotated[int, Field(ge=1, le=10)] = 1
    deadline: Duration = timedelta(days=2)
    on_deadline: Literal["expire", "remind", "escalate"] = "expire"
    escalate_to: tuple[str, ...] = ()
    form: dict[Annotated[str, Field(pattern=NAME_PATTERN)], InputField] = Field(default_factory=dict)
    unless_approved: Literal["fail", "continue"] = "fail"

    @model_validator(mode="after")
    def _escalates_to_somebody(self) -> Fields:
        if (self.on_deadline == "escalate") != bool(self.escalate_to):
            raise ValueError("`escalate_to` and an `on_deadline` that is `escalate` belong together")
        return self


class Approval(StepType[Fields]):
    grammar = Fields

    @classmethod
    def boundary(cls, fields: Fields, effects: Mapping[str, str]) -> Boundary:
        return Boundary.EFFECT

    async def run(self, fields: Fields, context: StepContext) -> Outcome:
        asked = await context.ask(
            Question(
                context.words(fields.title) or f"{context.run.playbook_name}: {context.step_id}",
                context.words(fields.message),
                fields.to,
                None if fields.of is None else plain(context.evaluate(fields.of)),
                fields.quorum,
                fields.deadline,
                fields.on_deadline,
                fields.escalate_to,
                {name: one.model_dump(mode="json") for name, one in fields.form.items()},
            )
        )
        if context.run.dry_run:
            return Done(_supposed(fields), warnings=(SUPPOSED,), details=asked)
        return Park("approval", context.clock.now() + AT_MOST, subject=str(asked["approval_id"]))

    async def resume(self, fields: Fields, context: StepContext, answer: Json) -> Done:
        told: JsonObject = answer if isinstance(answer, dict) else {"decision": "voided", "note": "Nobody decided."}
        if told["decision"] == "approved" or fields.unless_approved == "continue":
            return Done(told)
        raise PersonNeeded(_why(told), cure="Change what is to be changed, and run it again.", code=_code(told))


def _supposed(fields: Fields) -> JsonObject:
    form = {name: plain(one.default) for name, one in fields.form.items()}
    nobody: JsonObject = dict.fromkeys(("by", "at", "note"))
    return {"decision": "approved", **nobody, "via": "dry_run", "form": form, "decisions": []}


def _why(told: JsonObject) -> str:
    if told["decision"] == "rejected":
        return f"{told['by']} rejected it: {told['note']}"
    return "Nobody decided in time." if told["decision"] == "expired" else str(told.get("note") or "It was voided.")


def _code(told: JsonObject) -> str:
    return {"rejected": "rejected", "expired": "expired"}.get(str(told["decision"]), "voided")


STEP = Approval()
