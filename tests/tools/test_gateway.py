"""The gateway's policy: allow-lists, arguments, dry runs, time limits, faults."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.errors import InvalidInput, NeverWorks, NotAllowed, NotFound, RetryLater
from opsbook.sdk.tool import EffectClass, Tool, ToolArgs, ToolContext, ToolResult
from opsbook.sdk.values import Unknown
from opsbook.tools.gateway import CallRow, Gateway

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)


class CountArgs(ToolArgs):
    page_size: int = 10
    audience: list[dict[str, Any]] | None = None


class Count(Tool[CountArgs]):
    name, effect, summary, Args = "countThings", EffectClass.READ, "Counts.", CountArgs

    async def run(self, args: CountArgs, context: ToolContext) -> ToolResult:
        return ToolResult(args.page_size, AT, "a test")


class Send(Tool[CountArgs]):
    name, effect, summary, Args = "sendThings", EffectClass.NOTIFY, "Sends.", CountArgs

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def run(self, args: CountArgs, context: ToolContext) -> ToolResult:
        self.sent.append(context.effect_key)
        return ToolResult({"sent": True}, AT, "a test")

    async def preview(self, args: CountArgs, context: ToolContext) -> ToolResult:
        return ToolResult({"sent": False, "recipients": 3}, AT, "a test")


class Breaks(Tool[CountArgs]):
    name, effect, summary, Args = "breakThings", EffectClass.READ, "Breaks.", CountArgs

    async def run(self, args: CountArgs, context: ToolContext) -> ToolResult:
        if args.page_size == 1:
            raise TimeoutError("the other side's own")
        if args.page_size == 2:
            await asyncio.sleep(30)
        raise KeyError("a secret name")


def context(dry_run: bool = False, agent: str | None = None) -> ToolContext:
    return ToolContext(AT, ZoneInfo("America/New_York"), "run_1", "0.look", "key_1", dry_run, agent)


@pytest.fixture
def send() -> Send:
    return Send()


@pytest.fixture
def rows() -> list[CallRow]:
    return []


@pytest.fixture
def gateway(send: Send, rows: list[CallRow]) -> Gateway:
    tools = {tool.name: tool for tool in (Count(), send, Breaks())}
    return Gateway(tools, clock=SteppedClock(AT), on_call=rows.append)


async def test_arguments_may_be_written_in_both_cases(gateway: Gateway) -> None:
    assert (await gateway.call("countThings", {"page_size": 3}, context())).value == 3
    assert (await gateway.call("countThings", {"pageSize": 4}, context())).value == 4


async def test_an_unknown_tool_names_the_nearest(gateway: Gateway) -> None:
    with pytest.raises(NotFound, match="countThings"):
        await gateway.call("countThing", {}, context())


async def test_an_unknown_argument_is_refused_and_names_the_nearest(gateway: Gateway) -> None:
    with pytest.raises(InvalidInput, match="page_size"):
        await gateway.call("countThings", {"page_sise": 3}, context())


async def test_a_wrong_argument_is_named_and_its_value_is_not(gateway: Gateway) -> None:
    with pytest.raises(InvalidInput) as caught:
        await gateway.call("countThings", {"page_size": "owner@example.com"}, context())
    assert caught.value.field in {"pageSize", "page_size"}
    assert "owner@example.com" not in f"{caught.value}{caught.value.__cause__}"
    assert caught.value.__suppress_context__


async def test_an_argument_that_could_not_be_measured_stops_the_call(gateway: Gateway, send: Send) -> None:
    with pytest.raises(InvalidInput, match="orders were never loaded") as caught:
        await gateway.call("sendThings", {"audience": Unknown("orders were never loaded").as_json()}, context())
    assert caught.value.code == "unknown_argument"
    assert send.sent == []


async def test_an_agent_calls_only_what_is_on_its_list(gateway: Gateway) -> None:
    with pytest.raises(NotAllowed, match="may not call sendThings"):
        await gateway.call("sendThings", {}, context(agent="leo"), allowed=frozenset({"countThings"}))
    with pytest.raises(NotAllowed, match="no tool"):
        await gateway.call("countThings", {}, context(agent="leo"), allowed=frozenset())
    assert (await gateway.call("countThings", {}, context(), allowed=frozenset({"countThings"}))).value == 10


async def test_a_dry_run_never_carries_out_what_acts(gateway: Gateway, send: Send) -> None:
    result = await gateway.call("sendThings", {}, context(dry_run=True))
    assert result.value == {"sent": False, "recipients": 3, "dry_run": True}
    assert "not carried out" in result.warnings[-1]
    assert send.sent == []
    assert (await gateway.call("countThings", {}, context(dry_run=True))).value == 10


async def test_a_live_run_carries_it_out_under_its_key(gateway: Gateway, send: Send) -> None:
    await gateway.call("sendThings", {}, context())
    assert send.sent == ["key_1"]


async def test_a_call_that_takes_too_long_may_be_retried(gateway: Gateway) -> None:
    with pytest.raises(RetryLater) as caught:
        await gateway.call("breakThings", {"page_size": 2}, context(), timeout=timedelta(milliseconds=5))
    assert caught.value.code == "timeout"


@pytest.mark.parametrize("page_size", [1, 3])
async def test_a_fault_of_a_tool_is_wrapped_once_and_keeps_its_cause(gateway: Gateway, page_size: int) -> None:
    with pytest.raises(NeverWorks) as caught:
        await gateway.call("breakThings", {"page_size": page_size}, context())
    assert caught.value.code == "internal"
    assert isinstance(caught.value.__cause__, TimeoutError | KeyError)
    assert "a secret name" not in str(caught.value)


async def test_every_call_leaves_a_row(gateway: Gateway, rows: list[CallRow]) -> None:
    await gateway.call("countThings", {}, context(agent="pops"))
    with pytest.raises(NotAllowed):
        await gateway.call("sendThings", {}, context(agent="pops"), allowed=frozenset())
    assert [(row.name, row.agent, row.ok, row.error_code) for row in rows] == [
        ("countThings", "pops", True, None),
        ("sendThings", "pops", False, "tool_not_allowed"),
    ]


async def test_a_cancelled_call_is_not_recorded_as_answered(gateway: Gateway, rows: list[CallRow]) -> None:
    task = asyncio.create_task(gateway.call("breakThings", {"page_size": 2}, context()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(row.ok, row.error_code) for row in rows] == [(False, "cancelled")]
