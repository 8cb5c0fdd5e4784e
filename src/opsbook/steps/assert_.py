"""`assert`: fail the run unless something holds; what cannot be known does not hold."""

from __future__ import annotations

from opsbook.playbooks.fields import Condition, StepFields, Text
from opsbook.sdk.errors import PersonNeeded
from opsbook.sdk.step import Done, StepContext, StepType
from opsbook.sdk.values import Unknown


class Fields(StepFields):
    """`that` must hold; `message` says what it means when it does not."""

    that: Condition
    message: Text = ""


class Assert(StepType[Fields]):
    grammar = Fields

    async def run(self, fields: Fields, context: StepContext) -> Done:
        answer = context.truth(fields.that)
        message = context.words(fields.message) or "The assertion does not hold."
        if isinstance(answer, Unknown):
            raise PersonNeeded(f"{message} It could not be measured: {answer.reason or 'unknown'}.", code="unknown")
        if not answer:
            raise PersonNeeded(message, code="assertion_failed")
        return Done(True)


STEP = Assert()
