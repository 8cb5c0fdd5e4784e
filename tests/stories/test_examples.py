"""Every example is run on the sample company, and every document of the earlier system runs as it stands."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from opsbook.app import App, open_app, the_world
from opsbook.cli._runs import record
from opsbook.cli.demo.company import make_company
from opsbook.cli.demo.past import remember
from opsbook.cli.demo.story import load, publish
from opsbook.cli.demo.world import sample_systems, settings_for
from opsbook.inbox.deciding import Decision
from opsbook.playbooks.importers import import_text
from opsbook.playbooks.load import load_playbook
from opsbook.runs.acceptance import Request
from opsbook.runs.segment import OVER
from opsbook.settings import PersonSettings

EXAMPLES = Path(__file__).parents[2] / "examples"
OURS = sorted(EXAMPLES.glob("*.yaml"))
EARLIER = sorted((EXAMPLES / "earlier").glob("*.json"))
LONG_AFTER = timedelta(days=3)  # by then every wait of an example is over
MOST_LOOKS = 120

Records = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    return asyncio.run(play(tmp_path_factory.mktemp("examples")))


async def play(home: Path) -> Records:
    now = datetime.now(UTC)
    async with sample_systems(home, 5) as systems:
        settings = settings_for(home, systems)
        people = {**settings.people, "cofounder": PersonSettings(email="cofounder@example.com")}
        settings = settings.model_copy(update={"people": people})
        world = the_world(settings, environment={}, sleep=briefly)
        async with open_app(settings, world) as app, app.working():
            load(app, make_company(5, now, organizations=140, orders=2000), home / "files")
            await remember(app, now, 5)
            publish(app)
            found = {file.name: await run(app, file.read_text("utf-8")) for file in OURS}
            for file in EARLIER:
                imported = import_text(file.read_text("utf-8"), app.catalog)
                found[f"earlier/{file.name}"] = await run(app, imported.text)
            return found


async def briefly(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.01))


async def run(app: App, text: str) -> dict[str, Any]:
    playbook = load_playbook(text, app.catalog)
    app.operations.publish(playbook, text, "a test")
    app.operations.enable(playbook.id, True)
    accepted = await app.operations.start(Request(playbook.id))
    for _ in range(MOST_LOOKS):
        row = await app.operations.ended(accepted.run["id"], 0.5)
        if row["state"] in OVER:
            break
        busy = any(app.records.runs.latest(state=state) for state in ("queued", "running"))  # a child, perhaps
        if row["state"] == "waiting" and not busy:
            for approval in app.approvals.rows.of_run(row["id"]):
                await app.approvals.decide(approval["id"], "owner", Decision("approved", "cli"))
            await app.clockwork.waits(app.world.clock.now() + LONG_AFTER)
    return record(app, accepted.run["id"])


@pytest.mark.parametrize("name", [file.name for file in OURS])
def test_an_example_does_its_job(records: Records, name: str) -> None:
    run = records[name]
    assert run["state"] == "succeeded", run["error"] or run["reason"]
    assert run["verdict"] != "unknown", run["criteria"]


@pytest.mark.parametrize("name", [f"earlier/{file.name}" for file in EARLIER])
def test_a_document_of_the_earlier_system_runs_as_it_stands(records: Records, name: str) -> None:
    run = records[name]
    assert run["state"] == "succeeded", run["error"] or run["reason"]


def status(run: dict[str, Any]) -> dict[str, str]:
    return {step["id"]: step["status"] for step in run["steps"]}


def test_the_earlier_conditions_set_their_flags_and_guard_with_them(records: Records) -> None:
    churn = records["earlier/ops_churn_prevention.json"]
    assert churn["conditions"] == {"has_inactive_customers": True}
    steps = status(churn)
    assert steps["create_reengagement_campaign"] == steps["create_campaign_thread"] == "completed"
    assert steps["notify_no_issues"] == "skipped"
    monitor = records["earlier/ops_integration_monitor.json"]
    assert monitor["conditions"] == {"any_offline": True}
    assert status(monitor)["alert_on_failure"] == "completed"
