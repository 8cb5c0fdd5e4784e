"""The vendors' own clients against an emulator of their APIs: what is asked, what every kind of answer comes to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic_ai import Agent as ModelAgent
from pydantic_ai.models import Model

from agents.metering import a_charge, a_meter
from agents.vendor_types import faults_of_claude, faults_of_gemini
from opsbook.agents import asking
from opsbook.agents.marks import bare
from opsbook.agents.models import TIERS, Models, ModelSettings
from opsbook.agents.page import Fact
from opsbook.agents.spending import Meter
from opsbook.agents.tiers import Prose
from opsbook.agents.vendors import Vendors
from opsbook.records.model_requests import RequestState
from opsbook.runs.events import Bus
from opsbook.telemetry.otlp import OpenTelemetry
from peers.models import CLAUDE, GEMINI, ModelsPeer

FACTS = [
    Fact("f1", "Monthly recurring revenue", "$5,000.00", "getRevenueMetrics", 500_000, "cents"),
    Fact("f2", "Signups", "17", "getSignupAnalytics", 17, "count"),
]
TRUE = json.dumps({"sections": [{"title": "Revenue", "paragraphs": ["It stands at [[f1]]. Signups: [[f2]]."]}]})
LONG = json.dumps({"sections": [{"title": "Revenue", "paragraphs": ["It stands at [[f1]]. Signups: [[f2]]."] * 4}]})
LIE = json.dumps({"sections": [{"title": "Revenue", "paragraphs": ["It doubled to [[f1]]."]}]})
OVERLOADED = {"error": {"message": "Overloaded", "type": "overloaded_error"}, "status": 529}
LIMITED = {"error": {"message": "Slow down", "type": "rate_limit_error"}, "status": 429, "retryAfter": 7}


@pytest.fixture
def meter(tmp_path: Path) -> Iterator[Meter]:
    with a_meter(tmp_path) as made:
        yield made


def settings(peer: ModelsPeer, **more: Any) -> ModelSettings:
    keys = {"anthropic_api_key": "sample-key", "gemini_api_key": "sample-key"}
    return ModelSettings(**{**keys, "anthropic_base_url": peer.url, "gemini_base_url": peer.url, **more})


async def write(peer: ModelsPeer, meter: Meter, **more: Any) -> Prose:
    models = Models(settings(peer, **more), meter)
    try:
        return await models.write(a_charge(), "premium_reasoning", "Revenue of the week", FACTS)
    finally:
        await models.close()


@asynccontextmanager
async def asked_by(name: str, peer: ModelsPeer, meter: Meter) -> AsyncIterator[Model]:
    """One vendor's model, metered, for an agent that is not the product's own."""
    vendors = Vendors(only(name, peer))
    try:
        yield asking.metered(vendors.of(TIERS["premium_reasoning"]), meter, a_charge())
    finally:
        await vendors.close()


def only(name: str, peer: ModelsPeer) -> ModelSettings:
    return replace(settings(peer), **{"gemini_api_key" if name == CLAUDE else "anthropic_api_key": None})


def tell(peer: ModelsPeer, name: str, sections: str) -> None:
    """The model's next answer, in the form in which it answers when it is asked for prose."""
    if name == CLAUDE:
        peer.says(CLAUDE, sections)
    else:
        peer.says(GEMINI, toolCalls=[{"name": "final_result", "arguments": sections}])


def states(meter: Meter) -> list[tuple[str, str]]:
    return [(row["model"], row["state"]) for row in meter.requests.of_run("run_1")]


def assert_sound(peer: ModelsPeer) -> None:
    """Nothing has left that the vendors' own types do not allow, and only what was meant has left."""
    assert peer.asked
    for one in peer.asked:
        faults = faults_of_claude(one.body) if one.of_claude else faults_of_gemini(one.body)
        assert faults == [], f"{one.path}: {faults}"


@pytest.mark.parametrize(("name", "tokens"), [(CLAUDE, (1200, 80)), (GEMINI, (900, 70))])
async def test_prose_that_says_what_the_facts_say_is_taken_and_billed(
    models_peer: ModelsPeer, meter: Meter, name: str, tokens: tuple[int, int]
) -> None:
    tell(models_peer, name, TRUE)
    prose = await write(models_peer, meter, **vars(only(name, models_peer)))
    assert [bare(text) for text in prose.sections[0].blocks] == ["It stands at $5,000.00. Signups: 17."]
    assert prose.credit.startswith(f"Opening written by {name}")
    assert (prose.cost["requests"], prose.cost["tokens_in"], prose.cost["tokens_out"]) == (1, *tokens)
    assert_sound(models_peer)


async def test_a_request_holds_the_facts_as_data_a_limit_on_its_answer_and_the_key_in_a_header(
    models_peer: ModelsPeer, meter: Meter
) -> None:
    models_peer.says(CLAUDE, TRUE)
    await write(models_peer, meter)
    (asked,) = models_peer.asked
    assert asked.headers["authorization"] == "Bearer sample-key"
    assert "sample-key" not in json.dumps(asked.body)
    assert asked.body["max_tokens"] == 2000
    said = asked.body["messages"][0]["content"]
    text = said if isinstance(said, str) else said[0]["text"]
    assert [fact["text"] for fact in json.loads(text)["facts"]] == ["$5,000.00", "17"]


async def test_a_lie_is_sent_back_once_and_the_second_answer_is_taken(models_peer: ModelsPeer, meter: Meter) -> None:
    models_peer.says(CLAUDE, LIE)
    models_peer.says(CLAUDE, TRUE)
    prose = await write(models_peer, meter)
    assert [bare(text) for text in prose.sections[0].blocks] == ["It stands at $5,000.00. Signups: 17."]
    assert "'doubled' stands outside a token" in json.dumps(models_peer.asked[1].body)
    assert prose.cost["requests"] == 2
    assert_sound(models_peer)


@pytest.mark.parametrize("name", [CLAUDE, GEMINI])
async def test_a_tool_is_called_and_its_result_goes_back_as_the_vendor_wants_it(
    models_peer: ModelsPeer, meter: Meter, name: str
) -> None:
    models_peer.says(name, toolCalls=[{"name": "latency_of", "arguments": '{"system": "mail"}'}])
    models_peer.says(name, "Mail answers within its limit.")
    async with asked_by(name, models_peer, meter) as model:
        agent = ModelAgent(model, output_type=str)

        @agent.tool_plain
        def latency_of(system: str) -> str:
            """How long a system takes to answer."""
            return f"{system}: 120 ms"

        said = await agent.run("How is mail?", model_settings={"max_tokens": 100})
    assert said.output == "Mail answers within its limit."
    assert "mail: 120 ms" in json.dumps(models_peer.asked[1].body)
    assert states(meter) == [(name, RequestState.ANSWERED)] * 2
    assert_sound(models_peer)


@pytest.mark.parametrize("name", [CLAUDE, GEMINI])
async def test_a_stream_comes_in_pieces_and_is_billed_when_it_is_over(
    models_peer: ModelsPeer, meter: Meter, name: str
) -> None:
    models_peer.says(name, "Mail answers within its limit, and so does the shop.")
    async with asked_by(name, models_peer, meter) as model:
        agent = ModelAgent(model, output_type=str)
        async with agent.run_stream("How is mail?", model_settings={"max_tokens": 100}) as streamed:
            pieces = [piece async for piece in streamed.stream_text(delta=True, debounce_by=None)]
    assert len(pieces) > 1
    assert "".join(pieces) == "Mail answers within its limit, and so does the shop."
    (row,) = meter.requests.of_run("run_1")
    assert (row["state"], row["output_tokens"]) == (RequestState.ANSWERED, 80 if name == CLAUDE else 70)
    assert "so does the shop" in row["answered"]
    assert_sound(models_peer)


@pytest.mark.parametrize("name", [CLAUDE, GEMINI])
async def test_while_somebody_watches_the_answer_is_streamed_and_its_length_is_told_but_no_word_of_it(
    models_peer: ModelsPeer, meter: Meter, name: str
) -> None:
    tell(models_peer, name, LONG)
    bus, news = Bus(), list[Any]()
    with bus.listening(news.append, closely=True):
        prose = await write(models_peer, replace(meter, watched=bus.watching), **vars(only(name, models_peer)))
    said = [bare(text) for text in prose.sections[0].blocks]
    assert said == ["It stands at $5,000.00. Signups: 17."] * 4
    counts = [one.characters for one in news]
    assert counts == sorted(set(counts))
    assert (news[0].run_id, news[0].path, counts[-1]) == ("run_1", "report", len(LONG))
    assert prose.cost["tokens_out"] == (80 if name == CLAUDE else 70)
    streamed = models_peer.asked[0]
    assert streamed.body.get("stream") is True or "streamGenerateContent" in streamed.path
    assert_sound(models_peer)


async def test_a_watched_lie_is_refused_like_any_other_and_an_unwatched_answer_is_not_streamed(
    models_peer: ModelsPeer, meter: Meter
) -> None:
    for said in (LIE, TRUE, TRUE):
        models_peer.says(CLAUDE, said)
    bus, news = Bus(), list[Any]()
    watched = replace(meter, watched=bus.watching)
    with bus.listening(news.append, closely=True):
        prose = await write(models_peer, watched)
    assert [bare(text) for text in prose.sections[0].blocks] == ["It stands at $5,000.00. Signups: 17."]
    with bus.listening(news.append):
        await write(models_peer, watched)
    assert [one.body["stream"] for one in models_peer.asked] == [True, True, False]


async def test_a_stream_that_breaks_off_is_an_outage_and_gemini_takes_over(
    models_peer: ModelsPeer, meter: Meter
) -> None:
    models_peer.says(CLAUDE, LONG, cut_after=5)
    tell(models_peer, GEMINI, TRUE)
    bus = Bus()
    with bus.listening(lambda _event: None, closely=True):
        prose = await write(models_peer, replace(meter, watched=bus.watching))
    assert prose.credit.startswith(f"Opening written by {GEMINI}")
    assert states(meter) == [(CLAUDE, RequestState.UNANSWERED), (GEMINI, RequestState.ANSWERED)]


@pytest.mark.parametrize("refused", [OVERLOADED, LIMITED])
async def test_where_claude_is_overloaded_or_limits_us_gemini_writes_and_nobody_asks_claude_again(
    models_peer: ModelsPeer, meter: Meter, refused: dict[str, Any]
) -> None:
    models_peer.says(CLAUDE, **refused)
    tell(models_peer, GEMINI, TRUE)
    prose = await write(models_peer, meter)
    assert prose.credit.startswith(f"Opening written by {GEMINI}")
    assert states(meter) == [(CLAUDE, RequestState.RELEASED), (GEMINI, RequestState.ANSWERED)]
    assert [one.of_claude for one in models_peer.asked] == [True, False]
    assert (prose.cost["model"], prose.cost["requests"]) == (GEMINI, 1)
    assert_sound(models_peer)


async def test_where_both_are_out_the_renderer_writes_and_nothing_is_paid(
    models_peer: ModelsPeer, meter: Meter
) -> None:
    models_peer.says(CLAUDE, **OVERLOADED)
    models_peer.says(GEMINI, error={"message": "Quota", "type": "RESOURCE_EXHAUSTED"}, status=429, retryAfter=30)
    prose = await write(models_peer, meter)
    assert prose.sections == ()
    assert "Written by the deterministic renderer" in prose.credit
    assert prose.cost == {}
    assert len(models_peer.asked) == 2  # neither client has tried again of its own accord


@pytest.mark.parametrize(
    "answer",
    [
        {"content": "not JSON at all"},
        {"content": '{"sections": []}'},
        {"content": " "},
    ],
)
async def test_an_answer_that_is_none_is_asked_for_once_more_and_then_goes_without(
    models_peer: ModelsPeer, meter: Meter, answer: dict[str, Any]
) -> None:
    for _ in range(2):
        models_peer.says(CLAUDE, **answer)
    prose = await write(models_peer, meter, gemini_api_key=None)
    assert prose.sections == ()
    assert "its answer was not used" in prose.credit
    assert len(models_peer.asked) == 2
    assert_sound(models_peer)


@pytest.mark.parametrize("chaos", [{"malformedRate": 1}, {"disconnectRate": 1}])
async def test_a_body_that_no_client_can_read_is_an_outage_and_gemini_takes_over(
    models_peer: ModelsPeer, meter: Meter, chaos: dict[str, float]
) -> None:
    models_peer.says(CLAUDE, TRUE, chaos=chaos)
    tell(models_peer, GEMINI, TRUE)
    prose = await write(models_peer, meter)
    assert prose.credit.startswith(f"Opening written by {GEMINI}")
    assert states(meter) == [(CLAUDE, RequestState.UNANSWERED), (GEMINI, RequestState.ANSWERED)]
    assert prose.cost["requests"] == 2  # nobody knows whether the lost one is charged: it counts at its most


async def test_a_refusal_is_an_answer_that_is_paid_and_not_used(models_peer: ModelsPeer, meter: Meter) -> None:
    models_peer.says(CLAUDE, "I cannot help with this.", finishReason="refusal")
    prose = await write(models_peer, meter)
    assert prose.sections == ()
    assert "(The model refused to answer)" in prose.credit
    assert prose.cost["requests"] == 1
    assert [one.of_claude for one in models_peer.asked] == [True]  # another vendor is no way around a refusal


async def test_an_answer_cut_off_at_its_limit_is_not_taken(models_peer: ModelsPeer, meter: Meter) -> None:
    models_peer.says(CLAUDE, TRUE[: len(TRUE) // 2], finishReason="length")
    prose = await write(models_peer, meter)
    assert prose.sections == ()
    assert "(The model's answer was cut off at its limit)" in prose.credit
    assert len(models_peer.asked) == 1  # the same question would end at the same limit


async def test_a_model_that_takes_too_long_is_left_alone_and_the_renderer_writes(
    models_peer: ModelsPeer, meter: Meter
) -> None:
    models_peer.says(CLAUDE, TRUE, chaos={"latencyMs": 20_000})
    prose = await write(models_peer, meter, timeout=timedelta(seconds=0.4))
    assert prose.sections == ()
    assert "(TimeoutError)" in prose.credit
    assert states(meter)[0] == (CLAUDE, RequestState.UNANSWERED)


@pytest.mark.parametrize(("name", "provider"), [(CLAUDE, "anthropic"), (GEMINI, "gcp.gemini")])
async def test_a_traced_request_names_its_vendor_as_the_conventions_do(
    models_peer: ModelsPeer, meter: Meter, name: str, provider: str
) -> None:
    tell(models_peer, name, TRUE)
    kept = InMemorySpanExporter()
    traced = replace(meter, tracer=OpenTelemetry(kept, at_once=True))
    await write(models_peer, traced, **vars(only(name, models_peer)))
    (span,) = kept.get_finished_spans()
    about = dict(span.attributes or {})
    assert (span.name, span.kind.name, about["gen_ai.provider.name"]) == (f"chat {name}", "CLIENT", provider)
    assert f"http://{about['server.address']}:{about['server.port']}" == models_peer.url
    assert about["gen_ai.usage.input_tokens"] == (1200 if name == CLAUDE else 900)


GOOD = {
    "model": CLAUDE,
    "max_tokens": 10,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "How is it?"}]}],
    "tools": [{"name": "latency_of", "input_schema": {"type": "object", "properties": {}}}],
}
GOOD_GEMINI = {
    "contents": [{"role": "user", "parts": [{"text": "How is it?"}]}],
    "generationConfig": {"maxOutputTokens": 10},
}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"max_token": 10}, "max_token: nobody reads it"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "role"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "tone": 1}]}]}, "tone"),
        ({"tools": [{"name": "latency_of"}]}, "input_schema"),
    ],
)
def test_a_request_that_claude_would_refuse_is_seen_here(change: dict[str, Any], fault: str) -> None:
    assert faults_of_claude(GOOD) == []
    assert any(fault in one for one in faults_of_claude({**GOOD, **change}))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"generationConfig": {"maxOutputToken": 10}}, "maxOutputToken"),
        ({"contents": [{"role": "user", "parts": [{"text": 3}]}]}, "text"),
        ({"content": []}, "content"),
    ],
)
def test_a_request_that_gemini_would_refuse_is_seen_here(change: dict[str, Any], fault: str) -> None:
    assert faults_of_gemini(GOOD_GEMINI) == []
    assert any(fault in one for one in faults_of_gemini({**GOOD_GEMINI, **change}))
