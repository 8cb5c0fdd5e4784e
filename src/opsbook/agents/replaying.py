"""A desk whose models answer what they answered before. Imported only for a replay: it loads the library of agents.

Nothing is asked of a vendor, nothing is reserved and nothing is billed. The answers pass the same checks as then, by
the code of today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings

from opsbook.agents.desk import Desk
from opsbook.agents.remembering import from_record
from opsbook.agents.transcript import Turn, printable, turns_of
from opsbook.agents.watching import by_nobody
from opsbook.records.model_requests import Exceeded, Limit, ModelRequests, RequestState
from opsbook.records.rows import Row
from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.values import Json


class Remembered(Model):
    """The answers of one piece of work, one after the other. `asked` is what it is asked today, request by request."""

    def __init__(self, answers: Sequence[ModelResponse]) -> None:
        by_tool = any(isinstance(part, ToolCallPart) for answer in answers for part in answer.parts)
        super().__init__(
            profile=ModelProfile(
                supports_json_schema_output=True, default_structured_output_mode="tool" if by_tool else "native"
            )
        )
        self._answers = list(answers)
        self.asked: list[list[Turn]] = []

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        if len(self.asked) == len(self._answers):
            raise NeverWorks("The transcript has no further answer.", code="transcript_over")
        self.asked.append(turns_of(printable(ModelMessagesTypeAdapter.dump_json(messages).decode())))
        return copy(self._answers[len(self.asked) - 1])

    @property
    def model_name(self) -> str:
        return str(self._answers[-1].model_name)

    @property
    def system(self) -> str:
        return "transcript"


class Unbooked(ModelRequests):
    """Books in which nothing is written: a replay costs nothing, and no limit stands in its way."""

    async def reserve(self, row: Row, limits: Sequence[Limit]) -> Exceeded | None:
        return None

    async def end(self, request_id: str, state: RequestState, at: Any, **columns: Any) -> None:
        return None

    def bills(self, run_id: str, path: str) -> list[Row]:
        return []


@dataclass(frozen=True)
class Repeated:
    """A desk for one piece of work, and the model behind it."""

    desk: Desk
    model: Remembered
    then: Sequence[Sequence[Turn]]

    @property
    def same_questions(self) -> bool:
        """Whether today's code has asked what was asked then, as far as the secrets' stars let it be seen."""
        return list(self.model.asked) == list(self.then)


def repeating(desk: Desk, rows: Sequence[Mapping[str, Any]], recalled: Json = None) -> Repeated:
    """The desk with the kept answers of one piece of work in the place of its models. At least one was answered.

    `recalled` are the notes that its memory answered with then.
    """
    answered = [row for row in rows if row["state"] == RequestState.ANSWERED]
    found = [ModelMessagesTypeAdapter.validate_json(row["answered"])[0] for row in answered]
    model = Remembered([one for one in found if isinstance(one, ModelResponse)])
    twin, books = copy(desk), desk.models.meter.requests
    twin.recall = None if recalled is None else from_record(recalled)
    twin.models = desk.models.answered_by(
        lambda _tier: model, replace(desk.models.meter, requests=Unbooked(books.store), watched=by_nobody)
    )
    return Repeated(twin, model, [turns_of(row["asked"]) for row in answered])
