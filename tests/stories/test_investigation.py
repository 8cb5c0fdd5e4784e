"""The monitor's investigation with a model behind it: it looks further and judges, and the incident says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agents.scripted_vendors import Call, Script, Turn, Vendors, scripted_vendors
from opsbook.app import open_app, the_world
from opsbook.cli.demo.company import make_company
from opsbook.cli.demo.past import remember
from opsbook.cli.demo.story import load, publish, run_one
from opsbook.cli.demo.world import sample_systems, settings_for
from stories.test_four_playbooks import MONITOR, TUESDAY, Shifted, briefly


@dataclass(frozen=True)
class Investigated:
    run: dict[str, Any]
    thread: str
    calls: list[str]
    vendors: Vendors

    @property
    def step(self) -> dict[str, Any]:
        return next(step for step in self.run["steps"] if step["id"] == "delegate_investigation")


async def investigated(home: Path, script: Script) -> Investigated:
    """One round of the monitor over a small sample company, of whose systems one is offline."""

    def only_investigates(turn: Turn) -> Any:
        return script(turn) if "task" in turn.sent else "529 Overloaded"  # the report goes without a model

    async with sample_systems(home, 5) as systems, scripted_vendors(only_investigates) as vendors:
        settings = settings_for(home, systems)
        sections = {**settings.integrations, "claude": {"api_key": "sample-key", "base_url": vendors.url}}
        key = {"anthropic_api_key": SecretStr("sample-key"), "integrations": sections}
        settings = settings.model_copy(update=key)
        async with open_app(
            settings, the_world(settings, clock=Shifted(TUESDAY), sleep=briefly, environment={})
        ) as app:
            load(app, make_company(5, TUESDAY, organizations=120, orders=600), home / "files")
            await remember(app, TUESDAY, 5)
            publish(app)
            async with app.working():
                run = await run_one(app, MONITOR, TUESDAY, quiet=True)
            meter = app.desk.models.meter
            calls = [row["tool"] for row in meter.calls.of_run(run["id"])]
            threads = app.body.services.threads
            (thread,) = [threads.get(row["id"]) for row in threads.latest() if row["type"] == "incident"]
            told = "\n".join(str(message["body"]) for message in thread["messages"])
            return Investigated(run, told, calls, vendors)


def looks_and_judges(turn: Turn) -> Any:
    if not turn.said:
        return Call("getErrorLogs", {"query": "aeropay", "hours": 24})
    status, uptime = turn.token("Aeropay: rows 1 error class"), turn.token("Aeropay: uptime")
    return {
        "side": {"value": "theirs", "rests_on": [status, uptime]},
        "sure": {"value": "medium", "rests_on": [status]},
        "finding": f"Aeropay fails with the class {status}; its uptime is {uptime}.",
        "next_step": "Leo opens a ticket with the vendor.",
    }


async def test_linus_looks_further_judges_and_the_threads_says_what_he_found(tmp_path: Path) -> None:
    seen = await investigated(tmp_path, looks_and_judges)
    assert seen.run["state"] == "succeeded"
    found = seen.run["results"]["investigation"]
    assert (found["systems"], found["side"], found["sure"]) == (1, "theirs", "medium")
    assert found["finding"] == "Aeropay fails with the class server; its uptime is 70.8 %."
    assert "Likely side of the fault: theirs; how sure: medium." in seen.thread
    assert found["finding"] in seen.thread
    assert "Leo opens a ticket with the vendor." in seen.thread
    assert seen.calls == ["getErrorLogs"]
    assert set(seen.vendors.turns[0].tools) == {
        *("getIntegrationStatus", "getIntegrationLogs", "getErrorLogs", "checkCredentials", "answer")
    }
    assert seen.step["cost"]["tool_calls"] == 1
    assert seen.step["details"]["written_by"].startswith("Answered by claude-")


@pytest.mark.parametrize(
    "script",
    [
        lambda _turn: "529 Overloaded",
        lambda _turn: {"finding": "Aeropay lost $9,999."},
    ],
)
async def test_without_an_answer_that_holds_the_incident_says_what_the_rules_say(
    tmp_path: Path, script: Script
) -> None:
    seen = await investigated(tmp_path, script)
    assert seen.run["state"] == "succeeded"
    found = seen.run["results"]["investigation"]
    assert found["side"] == "theirs"
    assert found["finding"]["status"] == "unknown"
    assert "Likely side of the fault: theirs; how sure: not said." in seen.thread
    assert "9,999" not in seen.thread
    assert seen.calls == []
    assert "its answer was not used" in seen.step["details"]["written_by"]
