"""The REST API: what lists and pages show, starting and stopping a run, and how refusals look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from web.serving import API, PLAYBOOKS, Served

V1 = "/api/v1"


async def get(served: Served, path: str, **params: Any) -> httpx.Response:
    return await served.client.get(f"{V1}{path}", params=params, headers=API)


async def start(served: Served, playbook_id: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    path = f"{V1}/playbooks/{playbook_id}/runs"
    return await served.client.post(path, headers={**API, **(headers or {})}, **more)


async def ended(served: Served, answer: httpx.Response) -> dict[str, Any]:
    return await served.app.operations.ended(answer.json()["id"], 10)


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["title"]
    assert body["detail"]
    return body


async def test_published_playbooks_are_listed_by_id(served: Served):
    items = (await get(served, "/playbooks")).json()["items"]
    assert [item["id"] for item in items] == sorted(PLAYBOOKS)
    by_id = {item["id"]: item for item in items}
    assert by_id["is_off"]["enabled"] is False
    assert by_id["says_hello"]["triggers"][0]["schedule"]["timezone"] == "America/New_York"


async def test_a_playbook_is_shown_with_its_document_its_text_and_its_versions(served: Served):
    shown = (await get(served, "/playbooks/says_hello")).json()
    assert shown["document"]["steps"][0]["id"] == "greet"
    assert shown["text"] == "# says_hello\n"
    assert [version["version"] for version in shown["versions"]] == [1]
    refused(await get(served, "/playbooks/nobody"), 404, "not_found")


async def test_starting_a_run_answers_202_with_its_place(served: Served):
    answer = await start(served, "says_hello", json={"inputs": {"name": "Ada"}})
    assert answer.status_code == 202
    run_id = answer.json()["id"]
    assert answer.headers["location"] == f"{V1}/runs/{run_id}"
    await ended(served, answer)
    run = (await get(served, f"/runs/{run_id}")).json()
    assert (run["state"], run["verdict"], run["success"], run["trigger"]) == ("succeeded", "met", True, "api")
    assert run["results"] == {"said": {"greeting": "hello Ada"}}
    assert [(step["id"], step["status"], step["attempts"]) for step in run["steps"]] == [("greet", "completed", 1)]


async def test_the_same_idempotency_key_is_the_same_run(served: Served):
    key = {"Idempotency-Key": "order-17"}
    first = await start(served, "says_hello", key, json={"inputs": {"name": "Ada"}})
    again = await start(served, "says_hello", key, json={"inputs": {"name": "Ada"}})
    assert again.json()["id"] == first.json()["id"]
    assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
    refused(await start(served, "says_hello", key, json={"inputs": {"name": "Bob"}}), 409, "idempotency_conflict")


async def test_a_disabled_playbook_runs_dry_only(served: Served):
    refused(await start(served, "is_off"), 403, "disabled")
    answer = await start(served, "is_off", json={"dry_run": True})
    assert answer.status_code == 202
    assert (await ended(served, answer))["dry_run"] is True


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"content": b"{"}, "invalid_input"),
        ({"json": {"input": {}}}, "invalid_input"),
        ({"json": {"inputs": []}}, "invalid_input"),
        ({"json": {"inputs": {"name": 7}}}, "invalid_input"),
        ({"json": {"dry_run": "yes"}}, "invalid_input"),
    ],
)
async def test_a_body_that_is_refused_names_its_field(served: Served, more, code):
    body = refused(await start(served, "says_hello", **more), 400, code)
    assert body["field"]
    assert served.app.records.runs.latest() == []


async def test_runs_are_listed_newest_first_in_pages_that_lose_none(served: Served):
    for _ in range(5):
        await ended(served, await start(served, "says_hello"))
    await ended(served, await start(served, "always_fails"))
    everything = [row["id"] for row in (await get(served, "/runs")).json()["items"]]
    assert everything == sorted(everything, reverse=True)
    paged: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "4"} if cursor is None else {"limit": "4", "cursor": cursor}
        page = (await get(served, "/runs", **params)).json()
        paged += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == everything
    failed = (await get(served, "/runs", state="failed")).json()["items"]
    assert [row["playbook_id"] for row in failed] == ["always_fails"]
    assert len((await get(served, "/runs", playbook_id="says_hello", verdict="met")).json()["items"]) == 5


@pytest.mark.parametrize(
    "params", [{"cursor": "1; drop"}, {"limit": "many"}, {"state": "a b"}, {"playbook_id": "\x00"}]
)
async def test_a_filter_that_makes_no_sense_is_refused(served: Served, params):
    refused(await get(served, "/runs", **params), 400, "invalid_input")


async def test_a_run_can_be_asked_to_stop_until_it_is_over(served: Served):
    answer = await start(served, "takes_long")
    run_id = answer.json()["id"]
    while served.app.operations.get(run_id)["state"] != "waiting":
        await served.app.operations.ended(run_id, 0.05)
    stopped = await served.client.post(f"{V1}/runs/{run_id}/cancel", headers=API)
    assert stopped.status_code == 202
    assert stopped.json()["stop_requested"] is True
    await served.app.clockwork.accepted(served.app.world.clock.now() + timedelta(seconds=3))
    assert (await ended(served, answer))["state"] == "cancelled"
    refused(await served.client.post(f"{V1}/runs/{run_id}/cancel", headers=API), 409, "already_over")
    refused(await served.client.post(f"{V1}/runs/run_0/cancel", headers=API), 404, "not_found")


async def test_a_system_that_was_never_looked_at_is_not_called_online(served: Served):
    items = (await get(served, "/integrations")).json()["items"]
    assert [item["id"] for item in items] == sorted(served.app.integrations)
    assert {item["status"] for item in items} <= {"not_configured", "unknown"}
    assert all("reason" in item for item in items if item["status"] == "unknown")


async def test_alerts_threads_and_slots_are_lists_even_when_there_are_none(served: Served):
    for path in ("/alerts", "/alerts?state=open", "/threads", "/slots", "/slots?playbook_id=says_hello"):
        answer = await served.client.get(f"{V1}{path}", headers=API)
        assert (answer.status_code, answer.json()) == (200, {"items": []}), path
    refused(await get(served, "/alerts", state="loud"), 400, "invalid_input")
    refused(await get(served, "/threads/thread_0"), 404, "not_found")


async def test_what_is_not_there_is_said_in_the_same_form(served: Served):
    refused(await get(served, "/nothing"), 404, "not_found")
    answer = await served.client.delete(f"{V1}/runs", headers=API)
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


async def test_the_description_of_the_api_is_openapi_3_1_and_names_every_path(served: Served):
    described = (await served.client.get("/openapi.json", headers=API)).json()
    assert described["openapi"].startswith("3.1")
    assert {"/api/cron/playbook-runner", "/api/v1/runs/{run_id}", "/healthz"} <= set(described["paths"])
    starting = described["paths"]["/api/v1/playbooks/{playbook_id}/runs"]["post"]
    assert "inputs" in starting["requestBody"]["content"]["application/json"]["schema"]["properties"]


async def test_health_says_that_the_process_answers_and_whether_it_can_work(served: Served):
    assert (await served.client.get("/healthz")).json() == {"status": "ok"}
    ready = await served.client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    served.site.state.house.draining.set()
    leaving = await served.client.get("/readyz")
    assert leaving.status_code == 503
    assert leaving.json()["checks"] == {"store": "ok", "engine": "ok", "serving": "missing"}


@pytest.mark.parametrize(
    "more_settings",
    [{"integrations": {"firestore": {"project": "sample-1", "emulator_host": "127.0.0.1:9", "mirror": True}}}],
)
async def test_a_mirror_that_lags_is_told_and_keeps_nobody_from_work(served: Served):
    ready = await served.client.get("/readyz")
    assert ready.status_code == 200
    told = ready.json()["mirror"]
    assert (told["owed"], told["refused"], told["trouble"]) == (len(PLAYBOOKS), 0, None)
    assert told["oldest_seconds"] > 0


async def test_the_facts_of_a_run_are_listed_and_one_is_followed(served: Served):
    run_id = (await ended(served, await start(served, "reports")))["id"]
    listed = (await get(served, f"/runs/{run_id}/facts")).json()["items"]
    (number,) = (one for one in listed if one["text"] == "7")
    assert (number["path"], number["step"], number["told_by"]) == ("shops.n", "steps/0", "steps/1")
    told = (await get(served, f"/runs/{run_id}/facts/{number['id']}", step="write")).json()
    assert (told["found_by"]["id"], told["rows"], told["differs"]) == ("count", None, None)
    refused(await get(served, f"/runs/{run_id}/facts/f999"), 404, "not_found")
    refused(await get(served, "/runs/run_0/facts"), 404, "not_found")
    refused(await get(served, "/runs/run_0/facts/f1"), 404, "not_found")
