"""Rows that come late change no report that stands; who asks again is told that the answer is another one now."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from opsbook.app import App, open_app, the_world
from opsbook.cli._runs import record
from opsbook.cli.demo.company import make_company
from opsbook.cli.demo.past import remember
from opsbook.cli.demo.story import load, publish, run_one
from opsbook.cli.demo.world import sample_systems, settings_for
from opsbook.warehouse.explanation import Explanation, explain
from stories.test_four_playbooks import TUESDAY, WEEKLY, Shifted, briefly

NEW_YORK = ZoneInfo("America/New_York")
LATE = 5


@dataclass(frozen=True)
class Told:
    """Everything that is stored of a run, as text, before and after; and what is explained then."""

    before: str
    after: str
    signups: int
    week: tuple[Explanation, Explanation]
    day: tuple[Explanation, Explanation]


def stored(app: App, run_id: str) -> str:
    threads = [app.threads.get(row["id"]) for row in app.threads.latest(run_id=run_id)]
    return json.dumps([record(app, run_id), threads], sort_keys=True, default=str)


def explained(app: App, days: int) -> Explanation:
    return explain(app.warehouse, "signups", TUESDAY, days=days, snapshots=app.snapshots, zone=NEW_YORK)


async def play(home: Path) -> Told:
    async with sample_systems(home, 5) as systems:
        settings = settings_for(home, systems)
        world = the_world(settings, clock=Shifted(TUESDAY), sleep=briefly, environment={})
        async with open_app(settings, world) as app:
            load(app, make_company(5, TUESDAY, organizations=150, orders=1500), home / "files")
            await remember(app, TUESDAY, 5)
            publish(app)
            async with app.working():
                run = await run_one(app, WEEKLY, TUESDAY, quiet=True)
            before, week, day = stored(app, run["id"]), explained(app, 7), explained(app, 1)
            late: list[dict[str, Any]] = [
                {"id": f"late-{number}", "role": "customer", "created_at": str(TUESDAY - timedelta(hours=2))}
                for number in range(LATE)
            ]
            path = home / "late.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in late), "utf-8")
            app.warehouse.load("users", path)
            after = stored(app, run["id"])
            signups = run["results"]["signup_stats"]["total"]["value"]
            return Told(before, after, signups, (week, explained(app, 7)), (day, explained(app, 1)))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return asyncio.run(play(tmp_path_factory.mktemp("late")))


def test_what_is_stored_of_the_review_is_the_same_to_the_byte(told: Told) -> None:
    assert told.before == told.after
    assert "signup_stats" in told.before


def test_the_figure_of_the_review_is_explained_by_its_rows(told: Told) -> None:
    first = told.week[0]
    assert (first.figure["value"], first.agrees, first.counted) == (told.signups, True, told.signups)


def test_asked_again_the_same_window_holds_the_late_rows(told: Told) -> None:
    second = told.week[1]
    assert (second.figure["value"], second.agrees) == (told.signups + LATE, True)


def test_the_snapshot_of_that_day_tells_that_the_answer_is_another_one_now(told: Told) -> None:
    first, second = told.day
    assert first.recorded is not None
    assert (first.recorded["value"], first.differs) == (first.figure["value"], False)
    assert (second.recorded, second.differs) == (first.recorded, True)
