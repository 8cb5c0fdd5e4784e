"""Health, logs and credentials: what the probes say, told with its reasons, and never a value of a secret."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from opsbook.integrations.configuration import configure
from opsbook.integrations.monitor import Monitor
from opsbook.records.migrate import migrate
from opsbook.records.probes import Probes
from opsbook.records.store import Store
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.errors import NotFound
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import MaintenanceWindow
from opsbook.sdk.testing import FakeSystem, json_answer
from opsbook.sdk.tool import ToolContext, ToolResult
from opsbook.sdk.values import JsonObject
from opsbook.tools._found import build
from opsbook.tools._services import Services
from opsbook.tools.gateway import Gateway

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)
SECRET = "canary-of-the-crm"
MODELS = {"data": [{"id": "a-model", "type": "model"}]}
USAGE = {"results": [{"currentUsage": 870, "usageLimit": 1000, "resetsAt": None, "fetchStatus": "CACHED"}]}
CRM = "GET /account-info/v3/api-usage/daily/private-apps"
READY: list[JsonObject] = [{"id": "leo", "title": "Leads", "model": "none", "configured": False, "problems": []}]


@dataclass
class Desk:
    """The health tools over two real integrations, a model and a CRM, that answer what the test scripts."""

    clock: SteppedClock
    gateway: Gateway

    async def call(self, name: str, **args: Any) -> ToolResult:
        context = ToolContext(AT, ZoneInfo("America/New_York"), "run_1", "steps/0", "key_1")
        return await self.gateway.call(name, args, context)


Opened = Callable[..., Desk]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Opened]:
    store = Store(f"sqlite:///{tmp_path / 'records.db'}")
    migrate(store)
    clock = SteppedClock(AT)

    async def sleep(seconds: float) -> None:
        clock.forward(timedelta(seconds=seconds))

    def opened(
        answers: dict[str, Any], agents: list[JsonObject] = READY, windows: tuple[MaintenanceWindow, ...] = ()
    ) -> Desk:
        http = HttpClient(transport=FakeSystem(answers), resolve=_somewhere, clock=clock)
        sections = {"claude": {"api_key": "canary-of-the-model"}, "hubspot": {"access_token": SECRET}}
        integrations = configure(sections, {}, http)
        probes = Probes(store)
        nothing = cast(Any, None)  # these tools ask no figures and draft no campaigns
        monitor = Monitor(integrations, probes, clock, sleep, windows=windows)
        services = Services(nothing, monitor, integrations, nothing, probes, nothing, lambda: agents, clock)
        return Desk(clock, Gateway(build(services), clock=clock))

    yield opened
    store.close()


async def _somewhere(host: str, port: int) -> list[str]:
    return ["93.184.215.14"]


def well() -> dict[str, Any]:
    return {"GET /v1/models": json_answer(MODELS), CRM: json_answer(USAGE)}


def down() -> dict[str, Any]:
    return {**well(), CRM: json_answer({"message": "no"}, 503)}


def of(result: ToolResult, key: str) -> dict[str, Any]:
    return next(item for item in cast(Any, result.value) if item["id"] == key)


async def test_the_status_is_a_list_in_the_order_asked(desk: Opened) -> None:
    found = await desk(well()).call("getIntegrationStatus", integrations=["hubspot", "gmail", "claude"])
    assert [(item["id"], item["status"]) for item in cast(Any, found.value)] == [
        ("hubspot", "online"),
        ("gmail", "not_configured"),
        ("claude", "online"),
    ]
    assert of(found, "hubspot")["last_success_age_seconds"] == 0
    assert of(found, "gmail")["last_success_age_seconds"]["status"] == "unknown"
    assert of(found, "hubspot")["quota"]["used_share"] == 0.87
    assert found.figures["online"] == {"value": 2, "status": "ok"}
    assert found.warnings == ("Not configured, so never asked: Gmail.",)


async def test_latency_and_last_answer_are_left_out_on_request(desk: Opened) -> None:
    args = {"integrations": ["hubspot"], "includeLatency": False, "includeLastPing": False}
    (item,) = cast(Any, (await desk(well()).call("getIntegrationStatus", **args)).value)
    assert not {"latency_ms", "last_success_at", "last_success_age_seconds"} & set(item)


async def test_an_unknown_system_names_the_nearest(desk: Opened) -> None:
    with pytest.raises(NotFound, match="hubspot"):
        await desk(well()).call("getIntegrationStatus", integrations=["hubspott"])


async def test_health_is_degraded_by_an_integration_and_says_what_to_do_first(desk: Opened) -> None:
    value = cast(Any, (await desk(down()).call("getSystemHealth")).value)
    assert value["overall"] == "degraded"
    assert next(item for item in value["components"] if item["id"] == "claude")["status"] == "online"
    first = value["recommendations"][0]
    assert (first["priority"], first["evidence"]["id"]) == ("high", "hubspot")
    assert "vendor" in first["text"]
    assert value["agents"] == READY


async def test_health_is_unhealthy_when_a_platform_system_is_down(desk: Opened) -> None:
    answers = {**well(), "GET /v1/models": ConnectionRefusedError()}
    value = cast(Any, (await desk(answers).call("getSystemHealth")).value)
    assert value["overall"] == "unhealthy"


async def test_planned_work_makes_nothing_unhealthy_and_asks_nobody_to_act(desk: Opened) -> None:
    answers = {**down(), "GET /v1/models": ConnectionRefusedError()}
    hours = (AT - timedelta(hours=1), AT + timedelta(hours=1))
    windows = tuple(MaintenanceWindow(key, *hours, "A new rack") for key in ("claude", "hubspot"))
    found = await desk(answers, windows=windows).call("getSystemHealth")
    value = cast(Any, found.value)
    assert (value["overall"], value["recommendations"]) == ("unknown", [])  # nothing else is configured here
    assert [item["status"] for item in value["integrations"] if item["maintenance"]] == ["offline"]
    assert "Under maintenance, so nobody is alarmed: Claude (A new rack), HubSpot (A new rack)." in found.warnings


async def test_nothing_that_answers_is_never_healthy(desk: Opened) -> None:
    value = cast(Any, (await desk(well()).call("getSystemHealth", checkAgents=False, checkIntegrations=False)).value)
    assert (value["overall"], value["integrations"], value["agents"]) == ("unknown", [], [])


async def test_an_agent_with_a_problem_is_reported_and_is_no_health(desk: Opened) -> None:
    troubled: list[JsonObject] = [{**READY[0], "problems": ["there is no tier gold"]}]
    value = cast(Any, (await desk(well(), troubled).call("getSystemHealth")).value)
    assert value["overall"] == "degraded"
    assert "leo: there is no tier gold." in [one["text"] for one in value["recommendations"]]


async def test_logs_say_since_when_a_system_is_down_and_how_often_it_answered(desk: Opened) -> None:
    answers = {**well(), CRM: [json_answer(USAGE), *[json_answer({"message": "no"}, 503)] * 9]}
    opened = desk(answers)
    for _ in range(4):
        await opened.call("getIntegrationStatus", integrations=["hubspot"])
        opened.clock.forward(timedelta(hours=1))
    found = await opened.call("getIntegrationLogs", integrations=["hubspot", "gmail"], hours=24, limit=3)
    log = of(found, "hubspot")
    assert (log["probes"], log["shown"], log["failures"]) == (4, 3, {"server": 3})
    assert log["uptime"] == {"value": 0.25, "status": "ok", "unit": "ratio"}
    assert log["down_since"]["status"] == "unknown"  # all rows shown are failures: it may have begun before them
    whole = of(await opened.call("getIntegrationLogs", integrations=["hubspot"], hours=24), "hubspot")
    assert whole["down_since"] == whole["rows"][2]["at"]
    assert of(found, "gmail")["uptime"]["status"] == "unknown"
    day, week, month = log["history"]
    assert [one["window"] for one in (day, week, month)] == ["24h", "7d", "30d"]
    assert day["uptime"]["value"] == pytest.approx(1 / 4, abs=1e-3)  # up for an hour, down for three
    assert day["latency"]["n"] == 1
    assert "Cut off at 3 rows each: HubSpot." in found.warnings


async def test_credentials_are_told_as_present_or_missing_and_the_last_refusal_with_them(desk: Opened) -> None:
    opened = desk({**well(), CRM: json_answer({"message": "bad token"}, 401)})
    await opened.call("getIntegrationStatus", integrations=["hubspot"])
    found = await opened.call("checkCredentials", integrations=["hubspot", "gmail"])
    assert of(found, "hubspot")["state"]["HUBSPOT_ACCESS_TOKEN"] == "present"
    assert of(found, "hubspot")["last_refused"]["error_class"] == "auth"
    assert of(found, "gmail")["configured"] is False
    assert "missing" in of(found, "gmail")["state"].values()
    assert of(found, "hubspot")["expires_at"]["status"] == "unknown"  # a private app's token does not say
    assert found.figures["ever_refused"] == {"value": 1, "status": "ok"}
    assert SECRET not in json.dumps(found.as_json())
