"""What models have cost, told from the command line."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cli.commanding import Shell
from opsbook.agents.prices import Tokens
from opsbook.agents.roster import load_roster
from opsbook.agents.spending import Charge
from opsbook.app import open_app
from opsbook.sdk.step import RunFacts
from opsbook.settings import read_settings

PLAYBOOK = """\
id: told_daily
name: Told daily
policy: {budget: {usd_per_month: 2.5}, estimate: {usd_per_run: 0.01, usd_per_month: 0.3}}
steps: [{id: look, type: set, values: {seen: true}}]
"""
AT = datetime(2026, 11, 24, 14, tzinfo=UTC)


async def bill(model: str, *, answered: bool = True) -> None:
    """Three thousand tokens in and a hundred out, asked for Leo's report."""
    run = RunFacts("run_1", "told_daily", "Told daily", AT, ZoneInfo("America/New_York"), False, "schedule")
    leo = load_roster().get("leo")
    free = leo.can.model_copy(update={"budget": leo.can.budget.model_copy(update={"usd_per_task": None})})
    async with open_app(read_settings()) as app:
        meter = app.desk.models.meter
        kept = await meter.reserve(Charge(run, "report", type(leo)(leo.id, free, ""), "report"), model, "x" * 488, 1000)
        if answered:
            await meter.answered(kept, model, Tokens(3000, 100), "text")


@pytest.fixture
def billed(shell: Shell) -> Shell:
    shell.publish(PLAYBOOK)
    asyncio.run(bill("claude-sonnet-5-5"))
    asyncio.run(bill("claude-sonnet-5-5", answered=False))
    asyncio.run(bill("in-house"))
    return shell


def test_costs_are_told_with_the_budget_and_what_is_open_is_no_nothing(billed: Shell) -> None:
    dear, own = billed("costs", "--json").json["items"]
    assert dear == {
        "playbook_id": "told_daily",
        "month": "2026-11",
        "model": "claude-sonnet-5-5",
        "runs": 1,
        "requests": 2,
        "input_tokens": 3000,
        "output_tokens": 100,
        "unknown": 0,
        "usd": 0.007,
        "pending_usd": 0.0125,
        "usd_per_run": 0.007,
        "estimate_usd": 0.3,
        "estimate_usd_per_run": 0.01,
        "budget_usd": 2.5,
    }
    assert own["usd_per_run"] is None  # nobody knows what the answer cost, so nobody knows what a run costs
    assert (own["model"], own["usd"], own["unknown"]) == ("in-house", 0.0, 1)
    told = billed.process("costs", "--month", "2026-11", env={"COLUMNS": "160"})
    assert "$0.0070 + $0.0125 without an answer" in told.out
    assert "$2.50" in told.out
    assert "$0.30 a month, $0.01 a run" in " ".join(told.out.split())
    assert "What 1 of the requests cost nobody knows: name their models' prices under [model_prices]." in told.out


def test_another_month_has_none(billed: Shell) -> None:
    assert billed("costs", "--month", "2026-10", "--json").json == {"items": []}
    assert "No costs." in billed("costs", "--playbook", "another").out


def test_an_estimate_that_nobody_made_is_unknown(shell: Shell) -> None:
    shell.publish(PLAYBOOK.replace(", estimate: {usd_per_run: 0.01, usd_per_month: 0.3}", ""))
    asyncio.run(bill("claude-sonnet-5-5"))
    (row,) = shell("costs", "--json").json["items"]
    assert (row["estimate_usd"], row["estimate_usd_per_run"]) == (None, None)
    assert "unknown" in shell.process("costs", env={"COLUMNS": "160"}).out
