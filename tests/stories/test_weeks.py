"""The weekly review of a young deployment: what it cannot know yet, or not this week, it says."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from opsbook.app import App, open_app, the_world
from opsbook.cli._runs import record
from opsbook.cli.demo.company import make_company
from opsbook.cli.demo.past import remember
from opsbook.cli.demo.story import load, publish, run_one
from opsbook.cli.demo.world import sample_systems, settings_for
from stories.test_four_playbooks import TUESDAY, WEEKLY, Shifted, briefly

WEEK = timedelta(days=7)


async def review(app: App, when: datetime) -> Any:
    run = await run_one(app, WEEKLY, when, quiet=True)
    return record(app, run["id"])["results"]


async def weeks(home: Path) -> dict[str, Any]:
    clock, told = Shifted(TUESDAY), {}
    async with sample_systems(home, 5) as systems:
        settings = settings_for(home, systems)
        world = the_world(settings, clock=clock, sleep=briefly, environment={})
        async with open_app(settings, world) as app:
            publish(app)
            async with app.working():
                for name in ("first", "second", "stale"):
                    files = make_company(5, clock.start, organizations=120, orders=800).write(home / "files")
                    for table, path in files.items():
                        never = table == "users" and name == "first"
                        if not never and not (table == "subscriptions" and name == "stale"):
                            app.warehouse.load(table, path, replace_all=True)
                    told[name] = await review(app, clock.start)
                    clock.start += WEEK
    return told


async def rebuilt(home: Path) -> Any:
    async with sample_systems(home, 5) as systems:
        settings = settings_for(home, systems)
        world = the_world(settings, clock=Shifted(TUESDAY), sleep=briefly, environment={})
        async with open_app(settings, world) as app:
            load(app, make_company(5, TUESDAY, organizations=120, orders=800), home / "files")
            await remember(app, TUESDAY, 5)
            publish(app)
            async with app.working():
                return await review(app, TUESDAY)


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found = asyncio.run(weeks(tmp_path_factory.mktemp("weeks")))
    return {**found, "rebuilt": asyncio.run(rebuilt(tmp_path_factory.mktemp("rebuilt")))}


def report(results: Any) -> str:
    return json.dumps(results["growth_report"], ensure_ascii=False, default=str)


def test_in_the_first_week_the_report_says_that_there_is_no_baseline_yet(reviews: dict[str, Any]) -> None:
    assert reviews["first"]["revenue_stats"]["growth"]["status"] == "unknown"
    assert "no baseline yet" in report(reviews["first"])


def test_in_the_second_week_there_is_growth(reviews: dict[str, Any]) -> None:
    first, second = reviews["first"]["revenue_stats"], reviews["second"]["revenue_stats"]
    start, end = first["mrr_end"]["value"], second["mrr_end"]["value"]
    assert second["mrr_start"]["value"] == start
    assert second["growth"]["value"] == round((end - start) / start, 6)
    assert "no baseline yet" not in json.dumps(second["growth"])


def test_users_that_were_never_loaded_make_signups_unknown_and_leave_revenue_known(reviews: dict[str, Any]) -> None:
    first = reviews["first"]
    assert first["signup_stats"]["total"]["status"] == "unknown"
    assert first["revenue_stats"]["mrr_end"]["status"] == "ok"
    assert "users were never loaded" in report(first)


def test_contracts_that_were_not_loaded_this_week_make_revenue_unknown_and_leave_signups_known(
    reviews: dict[str, Any],
) -> None:
    stale = reviews["stale"]
    assert stale["revenue_stats"]["growth"]["status"] == "unknown"
    assert stale["signup_stats"]["total"]["status"] == "ok"
    assert "subscriptions were last loaded 7 days before the end of this period" in report(stale)


def test_a_baseline_that_was_rebuilt_is_told_as_such(reviews: dict[str, Any]) -> None:
    assert reviews["rebuilt"]["revenue_stats"]["growth"]["status"] == "ok"
    assert "reconstructed" in report(reviews["rebuilt"])
