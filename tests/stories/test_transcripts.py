"""What models were asked in a run can be read afterwards, and repeated without asking anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from opsbook.agents.transcript import Exchange, exchanges
from opsbook.app import App, open_app, the_world
from opsbook.records.tables.models import model_requests
from opsbook.runs.replay import Outcome, Replayed, replay
from opsbook.sdk.errors import NotFound
from stories.scripted_claude import Facts
from stories.test_four_playbooks import TUESDAY, Shifted, briefly
from stories.test_models import Told, fact, told, truthful

ODD = "Look at the errors first\u00a0– now."  # with a blank that no terminal prints


def once_wrong() -> Callable[[str, Facts], Any]:
    asked: list[str] = []

    def says(title: str, facts: Facts) -> Any:
        asked.append(title)
        revenue = fact(facts, "Monthly recurring revenue")
        if len(asked) == 1:
            return [{"title": "What matters", "paragraphs": [f"Revenue of [[{revenue}]] doubled."]}]
        return [{"title": "What matters", "paragraphs": [f"Revenue stands at [[{revenue}]].", ODD]}]

    return says


@asynccontextmanager
async def reopened(seen: Told) -> AsyncIterator[App]:
    """The deployment of a run that is over, with the model's address in nobody's hands any more."""
    settings = seen.settings
    async with open_app(settings, the_world(settings, clock=Shifted(TUESDAY), sleep=briefly, environment={})) as app:
        yield app


async def repeated(seen: Told) -> list[Replayed]:
    async with reopened(seen) as app:
        return await replay(app.body, str(seen.run["id"]))


async def held(seen: Told) -> list[Exchange]:
    async with reopened(seen) as app:
        return exchanges(app.desk.models.meter.requests.of_run(str(seen.run["id"])))


async def test_a_transcript_tells_the_conversation_once_and_a_replay_comes_to_the_same_bytes(tmp_path: Path) -> None:
    seen = await told(tmp_path, once_wrong())
    first, second = await held(seen)
    assert [turn.role for turn in first.turns] == ["instructions", "asked", "answered"]
    assert [turn.role for turn in second.turns] == ["asked", "answered"]
    assert "operations report" in first.turns[0].text
    assert "Monthly recurring revenue" in first.turns[1].text
    assert "doubled" in first.turns[2].text
    assert "'doubled' stands outside a token" in second.turns[0].text
    assert first.as_json()["usd"] == 0.0032
    assert (first.as_json()["tokens_in"], first.as_json()["state"]) == (1200, "answered")

    (one,) = await repeated(seen)
    assert (one.outcome, one.step_id) == (Outcome.SAME, seen.step["id"])
    assert one.today == one.kept == seen.report
    assert "Look at the errors first" in str(one.today)
    assert one.same_questions is True
    assert len(seen.asked.asked) == 2  # what the run itself had asked
    assert len(await held(seen)) == 2  # and nothing was booked


async def test_an_answer_that_todays_checks_would_refuse_is_told_so(tmp_path: Path) -> None:
    seen = await told(tmp_path, truthful)
    async with reopened(seen) as app:
        (row,) = app.desk.models.meter.requests.of_run(str(seen.run["id"]))
        lie = row["answered"].replace("Look at the errors first", "Look at the 9 errors first")
        assert lie != row["answered"]
        with app.store.transaction() as connection:
            connection.execute(update(model_requests).values(answered=lie))
        (one,) = await replay(app.body, str(seen.run["id"]), seen.step["id"])
    assert one.outcome is Outcome.CHANGED
    assert "its answer was not used" in one.reason
    assert "9 errors" not in str(one.today)


async def test_where_no_answer_was_kept_nothing_is_repeated_and_a_run_without_models_says_so(tmp_path: Path) -> None:
    seen = await told(tmp_path, lambda _title, _facts: "529 Overloaded")
    (one,) = await repeated(seen)
    assert (one.outcome, one.reason) == (Outcome.NOT_REPEATED, "Its last request has no answer.")
    (asked,) = await held(seen)
    assert asked.as_json()["error"] == "HTTP 529"
    async with reopened(seen) as app:
        with pytest.raises(NotFound, match="asked no model"):
            await replay(app.body, str(seen.run["id"]), "no_such_step")
        with pytest.raises(NotFound, match="There is no run run_0"):
            await replay(app.body, "run_0")
