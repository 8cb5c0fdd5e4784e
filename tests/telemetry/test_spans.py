"""What a run tells an OpenTelemetry collector: one trace for each run, by names, and not a word of its content."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage

from opsbook.telemetry.otlp import OpenTelemetry
from runs.conftest import House
from runs.test_steps import playbook
from runs.test_waiting import turn

MODEL = "claude-haiku-5-5"
SECRET_WORD = "quarterdeck"  # stands in the playbook's data, in the question and in the answer
WORK = f"""
  - {{id: look, type: tool_call, tool: ask, with: {{name: {SECRET_WORD}}}, save_as: seen}}
  - {{id: tell, type: synthesize, title: How {SECRET_WORD} stands}}
"""
WAITS = """
  - {id: before, type: set, values: {a: 1}}
  - {id: pause, type: wait, for: 5m}
  - {id: after, type: set, values: {b: 2}}
"""


class Collected:
    def __init__(self, house: House, **environment: str) -> None:
        self.kept = InMemorySpanExporter()
        self.tracer = OpenTelemetry(self.kept, environment, at_once=True)
        services = house.body.services
        services.gateway.tracer = self.tracer
        models = services.desk.models
        meter = replace(models.meter, tracer=self.tracer)
        services.desk.models = models.answered_by(lambda _tier: FunctionModel(_answer, model_name=MODEL), meter)
        house.body.services = replace(services, tracer=self.tracer)

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self.kept.get_finished_spans()

    def named(self, name: str) -> ReadableSpan:
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def parent(self, span: ReadableSpan) -> str:
        """The name of the span that it lies in, or what is known of it otherwise."""
        if span.parent is None:
            return "nothing"
        return next((one.name for one in self.spans if one.context.span_id == span.parent.span_id), "not told")


async def _answer(_messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    said = {"sections": [{"title": "News", "paragraphs": [f"The {SECRET_WORD} is up."]}]}
    usage = RequestUsage(input_tokens=40, output_tokens=9, cache_read_tokens=30)
    return ModelResponse([ToolCallPart(info.output_tools[0].name, said)], usage=usage, finish_reason="tool_call")


async def test_a_run_is_one_trace_whose_spans_lie_in_each_other_as_its_work_does(house: House) -> None:
    collected = Collected(house)
    record = await house.run(playbook(WORK))
    assert record["state"] == "succeeded"
    whole = collected.named(f"invoke_workflow {record['playbook_id']}")
    assert {span.context.trace_id for span in collected.spans} == {whole.context.trace_id}
    assert whole.parent is None
    lies_in = {span.name: collected.parent(span) for span in collected.spans}
    assert lies_in == {
        whole.name: "nothing",
        "segment 1": whole.name,
        "step look": "segment 1",
        "execute_tool ask": "step look",
        "step tell": "segment 1",
        "invoke_agent leo": "step tell",
        f"chat {MODEL}": "invoke_agent leo",
    }


async def test_spans_carry_the_names_of_the_conventions_and_no_content(house: House) -> None:
    collected = Collected(house)
    record = await house.run(playbook(WORK))
    chat = dict(
        collected.spans[[span.name for span in collected.spans].index("chat claude-haiku-5-5")].attributes or {}
    )
    assert chat.pop("gen_ai.request.max_tokens") > 0
    assert chat == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "function",
        "gen_ai.request.model": MODEL,
        "gen_ai.agent.id": "leo",
        "gen_ai.conversation.id": record["id"],
        "gen_ai.response.model": MODEL,
        "gen_ai.response.finish_reasons": ("tool_call",),
        "gen_ai.usage.input_tokens": 40,
        "gen_ai.usage.output_tokens": 9,
        "gen_ai.usage.cache_read.input_tokens": 30,
    }
    tool = dict(collected.named("execute_tool ask").attributes or {})
    assert (tool["gen_ai.operation.name"], tool["gen_ai.tool.name"], tool["gen_ai.tool.type"]) == (
        "execute_tool",
        "ask",
        "function",
    )
    whole = dict(collected.named(f"invoke_workflow {record['playbook_id']}").attributes or {})
    assert (whole["gen_ai.operation.name"], whole["gen_ai.workflow.name"]) == ("invoke_workflow", record["playbook_id"])
    assert (whole["opsbook.run.state"], whole["opsbook.run.id"]) == ("succeeded", record["id"])
    told = json.dumps([[span.name, *(map(str, (span.attributes or {}).items()))] for span in collected.spans])
    assert SECRET_WORD not in told
    assert all(not span.events for span in collected.spans)


async def test_the_segments_of_a_run_that_waited_belong_to_one_trace(house: House) -> None:
    collected = Collected(house)
    run_id = await house.start(playbook(WAITS))
    await house.ended(run_id)
    assert [span.name for span in collected.spans][-1] == "segment 1"
    later = Collected(house)  # as another process would tell it
    record = await turn(house, run_id, by=timedelta(minutes=6))
    await house.ended(run_id)
    assert record["state"] == "succeeded"
    (first,) = {span.context.trace_id for span in collected.spans}
    assert {span.context.trace_id for span in later.spans} == {first}
    whole = later.named(f"invoke_workflow {record['playbook_id']}")
    segments = [collected.named("segment 1"), later.named("segment 2")]
    assert [span.parent.span_id for span in segments if span.parent] == [whole.context.span_id] * 2
    lasted = whole.end_time - whole.start_time if whole.end_time and whole.start_time else 0
    assert lasted >= 5 * 60 * 10**9  # by the house's clock, the wait included


async def test_failures_carry_their_code_and_nothing_that_was_said(house: House) -> None:
    collected = Collected(house)
    house.steered.failures[SECRET_WORD] = 1
    record = await house.run(playbook(WORK))
    assert record["state"] == "failed"
    step, tool = collected.named("step look"), collected.named("execute_tool ask")
    assert (step.attributes or {})["error.type"] == record["steps"][0]["error"]["class"]
    assert (tool.attributes or {})["error.type"] == record["steps"][0]["error"]["class"]
    whole = collected.named(f"invoke_workflow {record['playbook_id']}")
    assert {span.status.status_code.name for span in (step, tool, whole)} == {"ERROR"}
    assert {span.status.description for span in collected.spans} == {None}


async def test_a_model_that_is_out_is_told_with_its_error(house: House) -> None:
    collected = Collected(house)

    async def out(_messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
        raise ModelHTTPError(529, MODEL)

    models = house.body.services.desk.models
    house.body.services.desk.models = models.answered_by(
        lambda _tier: FunctionModel(out, model_name=MODEL), models.meter
    )
    await house.run(playbook(WORK))
    (chat,) = [span for span in collected.spans if span.name.startswith("chat ")]
    assert (chat.attributes or {})["error.type"] == "ModelHTTPError"


@pytest.mark.parametrize(("share", "told"), [("0.0", False), ("1.0", True)])
async def test_the_standard_sampler_decides_for_a_run_as_a_whole(
    house: House, share: str, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", share)
    collected = Collected(house)
    await house.run(playbook(WORK))
    assert bool(collected.spans) is told
