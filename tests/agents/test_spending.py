"""Limits on models: nothing is asked past one, whoever asks at the same time; the bill is right; the run goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent as ModelAgent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage

from agents.metering import a_charge, a_meter, budgeted
from opsbook.agents.marks import bare
from opsbook.agents.metered import Metered
from opsbook.agents.models import Models, ModelSettings
from opsbook.agents.page import Fact
from opsbook.agents.prices import Price, Tokens
from opsbook.agents.spending import Meter, dollars
from opsbook.records.model_requests import RequestState
from opsbook.sdk.errors import BudgetUsedUp
from opsbook.sdk.step import Allowance

DEAR = {"tested": Price(input=Decimal(1000), output=Decimal(1000))}  # a thousandth of a dollar for each token
FACTS = [Fact("f1", "Monthly recurring revenue", "$5,000.00", "getRevenueMetrics", 500_000, "cents")]
SECTIONS = {"sections": [{"title": "Revenue", "paragraphs": ["It stands at [[f1]]."]}]}


@pytest.fixture
def meter(tmp_path: Path) -> Iterator[Meter]:
    with a_meter(tmp_path, DEAR) as made:
        yield made


class Vendor:
    """A model that counts how often it is asked, and answers with what it was given."""

    def __init__(self, *parts: Any, usage: RequestUsage | None = None) -> None:
        self.asked = 0
        self.parts = parts or (TextPart("well"),)
        self.usage = usage or RequestUsage(input_tokens=40, output_tokens=2)

    def model(self, name: str = "tested") -> FunctionModel:
        return FunctionModel(self.answer, model_name=name)

    async def answer(self, _messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.parts[0], BaseException):
            raise self.parts[0]
        return ModelResponse(list(self.parts), usage=self.usage)


async def ask(vendor: Vendor, meter: Meter, name: str = "tested", **charge: Any) -> str:
    asked = ModelAgent(Metered(vendor.model(name), meter, a_charge(**charge)), output_type=str)
    return (await asked.run("How is it?", model_settings={"max_tokens": 10})).output


def only(meter: Meter, run_id: str = "run_1") -> dict[str, Any]:
    (row,) = meter.requests.of_run(run_id)
    return row


async def test_a_request_is_billed_by_its_answer_and_kept_as_it_was_asked_and_answered(meter: Meter) -> None:
    assert await ask(Vendor(), meter) == "well"
    row = only(meter)
    assert (row["state"], row["micros"], row["input_tokens"], row["output_tokens"]) == ("answered", 42_000, 40, 2)
    assert row["reserved_micros"] > row["micros"]
    assert row["priced_on"] == meter.prices.checked_on
    assert "How is it?" in row["asked"]
    assert "well" in row["answered"]
    assert row["month"] == "2026-11"


async def test_the_month_is_that_of_the_runs_scheduled_time_in_its_zone(meter: Meter) -> None:
    await ask(Vendor(), meter, at=datetime(2026, 12, 1, 3, tzinfo=UTC))
    assert only(meter)["month"] == "2026-11"


@pytest.mark.parametrize(
    ("allowance", "told"),
    [
        (
            Allowance(usd_per_run=0.01),
            "The budget of the run is $0.01: $0.00 are used, and the next request may need $",
        ),
        (Allowance(usd_per_month=0.01), "The budget of the month is $0.01"),
        (Allowance(tokens_per_run=11), "The budget of the run is 11 tokens: 0 tokens are used"),
        (Allowance(tokens_per_month=11), "The budget of the month is 11 tokens"),
        (Allowance(requests_per_run=0), "The budget of the run is 0 requests"),
        (Allowance(requests_per_month=0), "The budget of the month is 0 requests"),
    ],
)
async def test_past_a_limit_nothing_is_asked_and_the_error_names_it(meter, allowance, told) -> None:
    vendor = Vendor()
    with pytest.raises(BudgetUsedUp) as refused:
        await ask(vendor, meter, allowance=allowance)
    assert refused.value.sentence.startswith(told)
    assert "policy" in refused.value.cure
    assert vendor.asked == 0
    assert meter.requests.of_run("run_1") == []


@pytest.mark.parametrize(
    ("limits", "told"),
    [({"requests": 1}, "1 request"), ({"tokens": 500}, "500 tokens"), ({"usd_per_task": 0.05}, "$0.05")],
)
async def test_an_agents_own_limits_hold_for_one_piece_of_work(meter: Meter, limits: dict[str, Any], told: str) -> None:
    agent, vendor = budgeted(**limits), Vendor()
    with pytest.raises(BudgetUsedUp, match="The budget for one piece of work is") as refused:  # noqa: PT012
        for _ in range(2):
            await ask(vendor, meter, agent=agent)
    assert told in refused.value.sentence
    assert "the agent's file" in refused.value.cure
    assert vendor.asked == (1 if "requests" in limits else 0)
    if "requests" in limits:
        await ask(vendor, meter, agent=agent, path="another piece")


async def test_fifty_runs_at_once_share_a_month_and_not_one_request_passes_its_limit(meter: Meter) -> None:
    vendor, month = Vendor(), Allowance(requests_per_month=7)
    asked = [ask(vendor, meter, run_id=f"run_{place}", allowance=month) for place in range(50)]
    came = await asyncio.gather(*asked, return_exceptions=True)
    assert vendor.asked == 7
    assert sum(isinstance(one, BudgetUsedUp) for one in came) == 43


async def test_fifty_runs_at_once_never_spend_more_than_the_month_has_dollars(meter: Meter) -> None:
    vendor = Vendor(usage=RequestUsage(input_tokens=400, output_tokens=10))
    month = Allowance(usd_per_month=6.0)
    asked = [ask(vendor, meter, run_id=f"run_{place}", allowance=month) for place in range(50)]
    await asyncio.gather(*asked, return_exceptions=True)
    (row,) = meter.requests.costs("2026-11")
    assert 0 < row["micros"] <= 6_000_000
    assert row["requests"] == vendor.asked < 50


async def test_a_limit_over_one_run_leaves_the_next_run_alone(meter: Meter) -> None:
    vendor, once = Vendor(), Allowance(requests_per_run=1)
    await ask(vendor, meter, allowance=once)
    with pytest.raises(BudgetUsedUp):
        await ask(vendor, meter, allowance=once, path="another")
    await ask(vendor, meter, allowance=once, run_id="run_2")
    assert vendor.asked == 2


async def test_where_money_is_limited_a_model_without_a_price_is_not_asked(meter: Meter) -> None:
    vendor = Vendor()
    with pytest.raises(BudgetUsedUp) as refused:
        await ask(vendor, meter, name="unheard-of", allowance=Allowance(usd_per_run=5))
    assert refused.value.code == "unpriced_model"
    assert "[model_prices]" in refused.value.cure
    assert vendor.asked == 0


async def test_a_refused_request_costs_nothing_and_one_without_an_answer_its_most(meter: Meter) -> None:
    with pytest.raises(ModelHTTPError):
        await ask(Vendor(ModelHTTPError(529, "tested")), meter)
    with pytest.raises(ConnectionResetError):
        await ask(Vendor(ConnectionResetError()), meter, path="second")
    asked = {row["path"]: row for row in meter.requests.of_run("run_1")}
    refused, lost = asked["report"], asked["second"]
    assert (refused["state"], lost["state"]) == (RequestState.RELEASED, RequestState.UNANSWERED)
    assert meter.cost("run_1", "report") == {}
    assert meter.cost("run_1", "second")["usd"] == lost["reserved_micros"] / 1_000_000
    with pytest.raises(BudgetUsedUp):
        await ask(Vendor(), meter, path="third", allowance=Allowance(requests_per_run=1))


async def test_what_a_killed_process_had_reserved_counts_until_the_month_is_over(meter: Meter) -> None:
    await meter.reserve(a_charge(), "tested", "text", 10)
    with pytest.raises(BudgetUsedUp):
        await ask(Vendor(), meter, allowance=Allowance(requests_per_month=1), run_id="run_2")
    (row,) = meter.requests.costs()
    assert (row["micros"], row["pending_micros"]) == (0, only(meter)["reserved_micros"])


async def test_costs_are_told_by_playbook_month_and_model_and_what_nobody_knows_is_counted(tmp_path: Path) -> None:
    with a_meter(tmp_path) as meter:
        for place, name in enumerate(("claude-opus-5-5", "claude-opus-5-5", "in-house")):
            kept = await meter.reserve(a_charge(run_id=f"run_{place}"), name, "text", 10)
            await meter.answered(kept, name, Tokens(1000, 100), "text")
        dear, free = meter.requests.costs("2026-11", "ops_daily")
    assert (dear["model"], dear["runs"], dear["requests"], dear["micros"]) == ("claude-opus-5-5", 2, 2, 12_000)
    assert (free["model"], free["micros"], free["unknown"]) == ("in-house", 0, 1)


async def test_the_report_is_written_without_a_model_when_the_budget_is_used_up_and_says_so(meter: Meter) -> None:
    vendor = Vendor(ToolCallPart("final_result", SECTIONS))
    models = Models(ModelSettings(), meter, make=lambda _tier: vendor.model())
    written = await models.write(a_charge(), "economy", "Revenue", FACTS)
    assert [bare(text) for text in written.sections[0].blocks] == ["It stands at $5,000.00."]
    assert written.cost == {"model": "tested", "requests": 1, "tokens_in": 40, "tokens_out": 2, "usd": 0.042}
    short = await models.write(a_charge(Allowance(requests_per_run=1), path="second"), "economy", "Revenue", FACTS)
    assert short.sections == ()
    assert "The budget of the run is 1 request: 1 request are used" in short.credit
    assert vendor.asked == 1


async def test_a_playbook_that_wants_it_so_fails_when_the_budget_is_used_up(meter: Meter) -> None:
    vendor = Vendor(ToolCallPart("final_result", SECTIONS))
    models = Models(ModelSettings(), meter, make=lambda _tier: vendor.model())
    charge = a_charge(Allowance(requests_per_run=0, fail_when_used_up=True))
    with pytest.raises(BudgetUsedUp):
        await models.write(charge, "economy", "Revenue", FACTS)


def test_dollars_are_told_in_cents_where_cents_say_it() -> None:
    assert (dollars(5_000_000), dollars(10_000), dollars(12_345)) == ("$5.00", "$0.01", "$0.0123")
