"""What models were asked in a run, read and repeated from the command line."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelRequest, ModelResponse, TextPart, UserPromptPart

from cli.commanding import Shell
from opsbook.agents.prices import Tokens
from opsbook.agents.roster import load_roster
from opsbook.agents.spending import Charge
from opsbook.app import open_app
from opsbook.sdk.step import RunFacts
from opsbook.settings import read_settings

PLAYBOOK = """\
id: tells
name: Tells
agent: leo
steps:
  - {id: count, type: set, values: {orders: 3}}
  - {id: tell, type: synthesize, title: How it stands, save_as: report}
"""


async def answer(run_id: str) -> None:
    """As if a model had been asked in the run's second step, and had said what no fact says."""
    async with open_app(read_settings()) as app:
        step = app.records.runs.steps(run_id)[1]
        row = app.operations.get(run_id)
        facts = RunFacts(run_id, "tells", "Tells", row["as_of"], ZoneInfo("UTC"), False, "manual")
        meter = replace(app.desk.models.meter, clock=Stopped(step["started_at"]))
        asked = ModelMessagesTypeAdapter.dump_json([ModelRequest([UserPromptPart("How does it stand?")])]).decode()
        charge = Charge(facts, step["path"], load_roster().get("leo"), "report")
        kept = await meter.reserve(charge, "claude-haiku-5-5", asked, 1000)
        said = '{"sections": [{"title": "News", "paragraphs": ["All 77 systems are up."]}]}'
        reply = ModelResponse([TextPart(said)], model_name="claude-haiku-5-5")
        text = ModelMessagesTypeAdapter.dump_json([reply]).decode()
        await meter.answered(kept, "claude-haiku-5-5", Tokens(3000, 100), text)


class Stopped:
    def __init__(self, at):
        self.at = at

    def now(self):
        return self.at

    def monotonic(self):
        return 0.0


@pytest.fixture
def run_id(shell: Shell) -> str:
    shell.publish(PLAYBOOK)
    return str(shell("run", "tells", "--json").json["id"])


def test_a_run_in_which_no_model_was_asked_says_so(shell: Shell, run_id: str) -> None:
    assert "No model was asked." in shell("runs", "transcript", run_id).out
    assert shell("runs", "transcript", run_id, "--json").json == {"items": []}
    assert shell("runs", "replay", run_id).code == 8
    assert shell("runs", "transcript", "run_0").code == 8
    refused = shell("runs", "transcript", run_id, "--step", "nothing")
    assert (refused.code, "The step nothing asked no model." in refused.err) == (8, True)


def test_a_transcript_and_what_todays_checks_say_of_its_answer(shell: Shell, run_id: str) -> None:
    asyncio.run(answer(run_id))
    (told,) = shell("runs", "transcript", run_id, "--step", "tell", "--json").json["items"]
    assert (told["path"], told["model"], told["state"], told["tokens_in"]) == (
        "steps/1",
        "claude-haiku-5-5",
        "answered",
        3000,
    )
    assert [turn["role"] for turn in told["turns"]] == ["asked", "answered"]
    shown = shell("runs", "transcript", run_id).out
    assert "How does it stand?" in shown
    assert "All 77 systems are up." in shown
    replayed = shell("runs", "replay", run_id, "--json")
    (one,) = replayed.json["items"]
    assert (replayed.code, one["outcome"], one["same_questions"]) == (1, "changed", False)
    assert "its answer was not used" in one["reason"]
    assert "77" not in one["today"].replace(run_id, "the run")  # an id may hold any digits
    assert "+_Written by the deterministic renderer; a model was asked" in shell("runs", "replay", run_id).out
