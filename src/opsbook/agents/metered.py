"""A model behind a meter: every request is reserved before it is made and billed after it.

Imported only when a model is asked. A wrapper like those of pydantic-ai: it goes around one vendor's model, so that a
fallback from one to the next is two requests, each on its own bill.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from anyio import CancelScope
from pydantic_ai import RunContext
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from opsbook.agents.prices import Tokens
from opsbook.agents.spending import Charge, Meter
from opsbook.agents.transcript import printable
from opsbook.agents.watching import Tell, counted
from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.tracing import Attributes

MOST_ANSWERED = 4_096  # tokens of an answer where the settings of the request name no limit
PROVIDERS = {"google": "gcp.gemini"}  # where the conventions of OpenTelemetry have another name than the library
PORTS = {"https": 443, "http": 80}
BROKEN_OFF = {  # by the reason that a vendor gives for the end of an answer: asking again would cost and end the same
    "content_filter": ("The model refused to answer.", "model_refused"),
    "length": ("The model's answer was cut off at its limit.", "answer_cut_off"),
}


@dataclass
class _Asked:
    """A request under way: the settings that bound its answer, and the answer once it has come."""

    settings: ModelSettings
    answer: ModelResponse | None = None


class Metered(WrapperModel):
    """`wrapped` asked on somebody's account.

    Raises `BudgetUsedUp` instead of asking past a limit, and `NeverWorks` (`model_refused`, `answer_cut_off`) where the
    answer is none; it is billed then all the same.
    """

    def __init__(self, wrapped: Model, meter: Meter, charge: Charge) -> None:
        super().__init__(wrapped)
        self.meter = meter
        self.charge = charge

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        if (before := self._answered_before(messages)) is not None:
            return whole(before)
        tell = self.meter.watched(self.charge.run.run_id, self.charge.path)
        async with self._reserved(messages, model_settings, model_request_parameters) as asked:
            if tell is None or self.wrapped.provider is None:  # a model without a provider is one of this process
                asked.answer = await self.wrapped.request(messages, asked.settings, model_request_parameters)
            else:
                asked.answer = await self._written(messages, asked.settings, model_request_parameters, tell)
        return whole(asked.answer)

    async def _written(
        self, messages: list[ModelMessage], settings: ModelSettings, parameters: ModelRequestParameters, tell: Tell
    ) -> ModelResponse:
        """The whole answer, as it would have come at once; meanwhile its length is told."""
        async with self.wrapped.request_stream(messages, settings, parameters) as streamed:
            await counted(streamed, tell)
        return streamed.get()

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        async with (
            self._reserved(messages, model_settings, model_request_parameters) as asked,
            self.wrapped.request_stream(messages, asked.settings, model_request_parameters, run_context) as streamed,
        ):
            yield streamed
            asked.answer = streamed.get()

    def _answered_before(self, messages: list[ModelMessage]) -> ModelResponse | None:
        """The answer that a process which died had got to the same question: it is paid for, and holds."""
        if not self.charge.resumes:
            return None
        told = printable(ModelMessagesTypeAdapter.dump_json(messages).decode())
        kept = self.meter.answered_before(self.charge, self.model_name, told)
        found = ModelMessagesTypeAdapter.validate_json(kept)[0] if kept else None
        return found if isinstance(found, ModelResponse) else None

    @asynccontextmanager
    async def _reserved(
        self, messages: list[ModelMessage], settings: ModelSettings | None, parameters: ModelRequestParameters
    ) -> AsyncGenerator[_Asked]:
        """Around one request: nothing inside happens without a reservation, and whatever happens is written down."""
        bounded: ModelSettings = {"max_tokens": MOST_ANSWERED, **(settings or {})}
        told = ModelMessagesTypeAdapter.dump_json(messages).decode()
        most, sent = int(bounded["max_tokens"]), told + repr(parameters)
        kept = await self.meter.reserve(self.charge, self.model_name, sent, most, printable(told))
        asked, refusal = _Asked(bounded), ""
        try:
            with self.meter.tracer.span(f"chat {self.model_name}", self._about(most), outward=True) as span:
                yield asked
                if asked.answer is not None:
                    span.note(_answered(asked.answer))
        except ModelHTTPError as error:
            refusal = f"HTTP {error.status_code}"
            raise
        finally:
            with CancelScope(shield=True):  # the bill is written even where nobody waits for the answer any more
                if asked.answer is None:
                    await self.meter.failed(kept, refusal or "no answer came", refused=bool(refusal))
                else:
                    answer = printable(ModelMessagesTypeAdapter.dump_json([asked.answer]).decode())
                    await self.meter.answered(kept, self.model_name, tokens(asked.answer.usage), answer)

    def _about(self, most: int) -> Attributes:
        address = urlsplit(self.wrapped.base_url or "")
        return {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": PROVIDERS.get(self.system, self.system),
            "gen_ai.request.model": self.model_name,
            "gen_ai.request.max_tokens": most,
            "gen_ai.agent.id": self.charge.agent.id,
            "gen_ai.conversation.id": self.charge.run.run_id,
            "server.address": address.hostname,
            "server.port": address.port or PORTS.get(address.scheme),
        }


def _answered(answer: ModelResponse) -> Attributes:
    used = answer.usage
    return {
        "gen_ai.response.model": answer.model_name,
        "gen_ai.response.id": answer.provider_response_id,
        "gen_ai.response.finish_reasons": None if answer.finish_reason is None else [answer.finish_reason],
        "gen_ai.usage.input_tokens": used.input_tokens,
        "gen_ai.usage.output_tokens": used.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": used.cache_read_tokens or None,
        "gen_ai.usage.cache_creation.input_tokens": used.cache_write_tokens or None,
    }


def whole(answer: ModelResponse) -> ModelResponse:
    """The answer, unless it was refused or cut off."""
    if why := BROKEN_OFF.get(answer.finish_reason or ""):
        raise NeverWorks(why[0], code=why[1])
    return answer


def tokens(usage: RequestUsage) -> Tokens:
    """A response's usage; pydantic-ai counts what met the cache among the input."""
    return Tokens(usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)
