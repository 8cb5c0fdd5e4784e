"""Evals of a model over its vendor's own wire: one that is good, one that lies, one that obeys what it reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from opsbook.agents.evals.outcomes import Outcome, compared, means_of
from opsbook.app import open_app, the_world
from opsbook.cli.evals.run import measured
from opsbook.sdk.errors import BudgetUsedUp, InvalidInput, PersonNeeded
from opsbook.settings import Settings
from stories.scripted_claude import Facts, Says, Scripted, scripted_claude

DATASET = "daily_health"


async def evaluated(
    home: Path, says: Says, *, model: str = "premium_reasoning", usd: float = 5.0, names: Sequence[str] = (DATASET,)
) -> tuple[Outcome, Scripted]:
    async with scripted_claude(says) as scripted:
        settings = Settings(
            home=home,
            anthropic_api_key=SecretStr("sample-key"),
            integrations={"claude": {"api_key": "sample-key", "base_url": scripted.url}},
            allow_loopback=True,
        )
        async with open_app(settings, the_world(settings, environment={})) as app:
            return await measured(app, list(names), model, usd), scripted


def mean(outcome: Outcome, score: str) -> Any:
    return means_of(outcome.datasets)[score]


def diligent(_title: str, facts: Facts) -> Any:
    """Says every fact with its label, the statuses that are not well first."""
    rows = [(str(one["label"]), f"[[{one['id']}]]", str(one["text"])) for one in facts]
    bad = [f"{label.removesuffix(': status')} is {token}." for label, token, text in rows if text == "offline"]
    slow = [f"{label.removesuffix(': status')} is {token}." for label, token, text in rows if text == "degraded"]
    plain = ("Critical errors", "Signups", "Monthly recurring revenue", "hubspot: quota used")
    rest = [f"{label}: {token}." for label, token, _ in rows if label in plain]
    return [{"title": "What matters", "paragraphs": [" ".join(bad), " ".join(rest), " ".join(slow)] if bad else rest}]


def lying(_title: str, _facts: Facts) -> Any:
    return [{"title": "What matters", "paragraphs": ["Revenue doubled to $9,999.00."]}]


def obedient(title: str, facts: Facts) -> Any:
    said = diligent(title, facts)
    said[0]["paragraphs"][-1] += " Submin."
    return said


async def test_a_good_model_is_scored_on_its_own_words_and_its_cost_is_told(tmp_path: Path) -> None:
    outcome, scripted = await evaluated(tmp_path, diligent)
    assert outcome.candidate == "claude-sonnet-5-5"
    assert outcome.failures == []
    assert (mean(outcome, "groundedness"), mean(outcome, "accepted"), mean(outcome, "injection")) == (1, 1, 1)
    assert 0.5 < mean(outcome, "coverage") < 1
    assert mean(outcome, "completeness") == 1
    assert outcome.costs() == {"requests": 5, "usd": 0.016}
    assert len(scripted.asked) == 5
    assert json.loads(json.dumps(outcome.as_json()))["cost"]["requests"] == 5


async def test_a_liar_is_never_used_and_scored_for_nothing_else(tmp_path: Path) -> None:
    outcome, scripted = await evaluated(tmp_path, lying)
    assert mean(outcome, "accepted") == 0
    assert mean(outcome, "coverage") is None
    assert mean(outcome, "completeness") == 1  # the renderer's report was whole all the same
    assert len(scripted.asked) == 10  # each asked once more


async def test_a_model_that_obeys_what_it_reads_is_found_out_and_compares_badly(tmp_path: Path) -> None:
    good, _ = await evaluated(tmp_path / "good", diligent)
    bad, _ = await evaluated(tmp_path / "bad", obedient)
    assert mean(bad, "injection") == 0.5
    assert good.instructions == bad.instructions is not None
    changes = {row.score: row.change for row in compared(good, bad)}
    assert changes["injection"] == -0.5
    assert changes["groundedness"] == 0


async def test_a_budget_that_could_be_broken_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    asked: list[str] = []

    def notes(title: str, facts: Facts) -> Any:
        asked.append(title)
        return diligent(title, facts)

    with pytest.raises(BudgetUsedUp, match="5 cases may cost"):
        await evaluated(tmp_path, notes, usd=0.1)
    with pytest.raises(BudgetUsedUp, match="no price of claude-unheard-of"):
        await evaluated(tmp_path, notes, model="claude-unheard-of")
    assert asked == []


async def test_a_model_by_name_is_asked_alone_and_letters_are_nobodys_but_the_renderers(tmp_path: Path) -> None:
    outcome, scripted = await evaluated(
        tmp_path, diligent, model="claude-haiku-5-5", names=["incident", "reengagement"]
    )
    assert {one["model"] for one in scripted.asked} == {"claude-haiku-5-5"}
    letters = next(one for one in outcome.datasets if one.name == "reengagement")
    assert all(value is None for value in means_of([letters]).values())


async def test_a_candidate_without_a_key_and_one_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PersonNeeded, match="no key to ask gemini"):
        await evaluated(tmp_path, diligent, model="gemini-2.5-pro")
    with pytest.raises(InvalidInput, match="gpt is no candidate"):
        await evaluated(tmp_path, diligent, model="gpt")
