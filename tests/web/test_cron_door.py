"""The cron door: who may come in, what is refused and in which order, and one run for one occasion."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from web.serving import API, BEFORE, CRON, DOOR, SECRET, Served


def scheduled(time: str, job: str = "says-hello") -> dict[str, str]:
    return {"X-CloudScheduler": "true", "X-CloudScheduler-JobName": job, "X-CloudScheduler-ScheduleTime": time}


async def test_a_run_that_did_its_job_is_answered_with_200_and_the_whole_body(served: Served):
    answer = await served.post("says_hello")
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("executionId").startswith("run_")
    assert isinstance(body.pop("duration"), int)
    assert body.pop("timestamp").startswith("2026-11-24T14:00")
    assert body == {
        "success": True,
        "status": "completed",
        "state": "succeeded",
        "verdict": "met",
        "playbookId": "says_hello",
        "playbookName": "says hello",
        "stepsExecuted": 1,
        "attempt": 1,
    }


async def test_the_location_of_a_run_can_be_read(served: Served):
    answer = await served.post("says_hello", json={"inputs": {"name": "Ada"}})
    run = await served.client.get(answer.headers["location"], headers=API)
    assert run.json()["results"] == {"said": {"greeting": "hello Ada"}}
    assert run.json()["trigger"] == "manual"


async def test_the_secret_from_before_a_rotation_still_opens(served: Served):
    answer = await served.post("says_hello", {"Authorization": f"Bearer {BEFORE}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "bearer",
    [
        None,
        b"",
        b"Bearer",
        b"Bearer \xff",
        "Bearer é".encode(),
        b"Bearer " + b"x" * 5000,
        SECRET.encode(),
        b"Basic " + SECRET.encode(),
        b"Bearer x" + SECRET.encode(),
    ],
)
@pytest.mark.parametrize("query", [b"", b"playbookId=says_hello", b"playbookId=nobody", b"playbookId=%ff%00"])
async def test_a_stranger_is_refused_before_anything_is_looked_up(served: Served, bearer, query):
    headers = [] if bearer is None else [(b"authorization", bearer)]
    answer = await served.client.post(f"{DOOR}?{query.decode()}", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == "not_signed_in"
    assert "says_hello" not in answer.text


@pytest.mark.parametrize("more_settings", [{"cron_secret": None, "cron_secret_previous": None}])
async def test_without_a_configured_secret_the_door_is_closed_to_everybody(served: Served):
    for headers in ({}, {"Authorization": "Bearer "}, CRON):
        answer = await served.client.post(DOOR, params={"playbookId": "says_hello"}, headers=headers)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "CRON_SECRET" in answer.json()["error"]["cure"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"])
async def test_every_other_method_is_refused_and_does_no_work(served: Served, method):
    answer = await served.client.request(method, DOOR, params={"playbookId": "says_hello"}, headers=CRON)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert served.app.records.runs.latest() == []


@pytest.mark.parametrize(
    ("playbook_id", "status", "code"),
    [
        (None, 400, "invalid_input"),
        ("", 400, "invalid_input"),
        ("Not An Id", 400, "invalid_input"),
        ("a/../b", 400, "invalid_input"),
        ("x" * 200, 400, "invalid_input"),
        ("says_hello\n", 400, "invalid_input"),
        ("nobody_knows_it", 404, "not_found"),
        ("is_off", 403, "disabled"),
    ],
)
async def test_what_cannot_run_is_refused_with_a_cure(served: Served, playbook_id, status, code):
    answer = await served.post(playbook_id)
    assert answer.status_code == status
    body = answer.json()
    assert body["success"] is False
    assert body["error"]["code"] == code
    assert body["error"]["cure"]
    assert served.app.records.runs.latest() == []


async def test_two_playbook_ids_are_one_too_many(served: Served):
    answer = await served.client.post(f"{DOOR}?playbookId=says_hello&playbookId=goes_on", headers=CRON)
    assert answer.status_code == 400


async def test_a_stored_playbook_that_is_not_valid_is_refused_and_nothing_is_executed(served: Served):
    broken = {"id": "broken_book", "name": "Broken", "enabled": True, "steps": [{"id": "one", "type": "set"}]}
    now = served.app.world.clock.now()
    served.app.records.playbooks.publish(broken, "0" * 64, "text", "a test", now)
    answer = await served.post("broken_book")
    assert answer.status_code == 422
    assert answer.json()["error"]["problems"]
    assert served.app.records.runs.latest() == []


async def test_a_run_that_fails_is_answered_with_500_and_names_its_failing_steps(served: Served):
    answer = await served.post("always_fails")
    assert answer.status_code == 500
    body = answer.json()
    assert (body["success"], body["status"]) == (False, "failed")
    assert body["executionId"].startswith("run_")
    assert body["error"]["code"] == "assertion_failed"
    assert body["error"]["steps"] == ["check"]


async def test_a_run_that_is_partial_is_no_success(served: Served):
    answer = await served.post("goes_on")
    assert answer.status_code == 500
    assert (answer.json()["success"], answer.json()["status"]) == (False, "partial")
    assert answer.json()["error"]["steps"] == ["check"]


async def test_a_run_that_takes_longer_than_the_wait_is_answered_with_202_and_its_place(served: Served):
    answer = await served.post("takes_long", params={"wait": "0.2"})
    assert answer.status_code == 202
    body = answer.json()
    assert answer.headers["location"] == f"/api/v1/runs/{body['executionId']}"
    assert body["success"] is False
    assert body["status"] in ("queued", "running", "waiting")
    assert body["duration"] is None


async def test_with_no_wait_the_answer_comes_as_soon_as_the_run_is_on_disk(served: Served):
    answer = await served.post("says_hello", params={"wait": "0"})
    assert answer.status_code in (200, 202)
    assert served.app.operations.get(answer.json()["executionId"])


@pytest.mark.parametrize("wait", ["-1", "soon", "nan", "1e3", "٣"])
async def test_a_wait_that_is_no_number_is_refused(served: Served, wait):
    answer = await served.post("says_hello", params={"wait": wait})
    assert answer.status_code == 400
    assert served.app.records.runs.latest() == []


async def test_a_server_that_takes_leave_answers_its_waiting_callers(served: Served):
    begun = asyncio.Event()
    with served.app.operations.bus.listening(lambda _: begun.set()):
        caller = asyncio.create_task(served.post("takes_long"))
        await begun.wait()
    served.site.state.house.draining.set()
    assert (await caller).status_code == 202


async def test_a_scheduler_that_repeats_itself_gets_the_same_run(served: Served):
    first = await served.post("says_hello", scheduled("2026-11-24T13:59:00Z"))
    again = await served.post("says_hello", scheduled("2026-11-24T08:59:00-05:00"))
    assert first.status_code == again.status_code == 200
    assert "duplicate" not in first.json()
    assert again.json()["duplicate"] is True
    assert again.json()["executionId"] == first.json()["executionId"]
    assert len(served.app.records.runs.latest()) == 1


async def test_another_job_or_another_time_is_another_run(served: Served):
    for headers in (
        scheduled("2026-11-24T13:59:00Z"),
        scheduled("2026-11-24T13:58:00Z"),
        scheduled("2026-11-24T13:59:00Z", "another-job"),
    ):
        assert (await served.post("says_hello", headers)).status_code == 200
    assert len(served.app.records.runs.latest()) == 3


async def test_a_duplicate_of_a_run_that_is_under_way_is_answered_at_once(served: Served):
    first = await served.post("takes_long", scheduled("2026-11-24T13:59:00Z"), params={"wait": "0"})
    again = await served.post("takes_long", scheduled("2026-11-24T13:59:00Z"))
    assert again.status_code == 202
    assert again.json()["duplicate"] is True
    assert again.headers["location"] == first.headers["location"]


async def test_a_repeat_after_a_failure_is_the_next_attempt_of_the_same_run(served: Served):
    first = await served.post("always_fails", scheduled("2026-11-24T13:59:00Z"))
    again = await served.post("always_fails", scheduled("2026-11-24T13:59:00Z"))
    assert first.status_code == again.status_code == 500
    assert (first.json()["attempt"], again.json()["attempt"]) == (1, 2)
    assert again.json()["duplicate"] is True
    assert again.json()["executionId"] == first.json()["executionId"]


@pytest.mark.parametrize("time", ["2026-11-25T14:00:00Z", "2026-11-24T14:02:00Z", ""])
async def test_a_forced_run_does_not_use_the_next_slot_up(served: Served, time):
    forced = [await served.post("says_hello", scheduled(time)) for _ in range(2)]
    assert [answer.status_code for answer in forced] == [200, 200]
    assert len({answer.json()["executionId"] for answer in forced}) == 2
    rows = served.app.records.runs.latest()
    assert {row["trigger"] for row in rows} == {"manual"}
    assert served.app.slots.latest("says_hello") == []


async def test_the_scheduler_and_the_clockwork_meet_in_one_run(served: Served):
    answer = await served.post("says_hello", scheduled("2026-11-24T14:00:00Z"))
    clock = served.app.world.clock
    await served.app.clockwork.schedules(clock.now())
    rows = served.app.records.runs.latest(playbook_id="says_hello")
    assert [row["id"] for row in rows] == [answer.json()["executionId"]]
    assert rows[0]["as_of"].isoformat() == "2026-11-24T14:00:00+00:00"
    slots = served.app.slots.latest("says_hello")
    assert [(slot["slot"], slot["state"], slot["run_id"]) for slot in slots] == [
        ("2026-11-24T09:00", "ran", rows[0]["id"])
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-CloudScheduler-ScheduleTime": "yesterday", "X-CloudScheduler-JobName": "a"},
        {"X-CloudScheduler-ScheduleTime": "2026-11-24T14:00:00Z", "X-CloudScheduler-JobName": "a b"},
        {"Idempotency-Key": "a b"},
        {"Idempotency-Key": "k" * 256},
    ],
)
async def test_headers_that_no_caller_sends_are_refused(served: Served, headers):
    answer = await served.post("says_hello", headers)
    assert answer.status_code == 400
    assert served.app.records.runs.latest() == []


async def test_an_idempotency_key_is_one_run_and_another_body_is_a_conflict(served: Served):
    key = {"Idempotency-Key": "nightly-2026-11-24"}
    first = await served.post("says_hello", key, content=b'{"note": "a"}')
    again = await served.post("says_hello", key, content=b'{"note": "a"}')
    assert again.json()["executionId"] == first.json()["executionId"]
    assert again.json()["duplicate"] is True
    for more in ({"content": b'{"note": "b"}'}, {"json": {"inputs": {"name": "Ada"}}}):
        other = await served.post("says_hello", key, **more)
        assert other.status_code == 409
        assert other.json()["error"]["code"] == "idempotency_conflict"
    assert (await served.post("goes_on", key, content=b'{"note": "a"}')).status_code == 409
    assert len(served.app.records.runs.latest()) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"content": b"not json"}, 400),
        ({"content": b"[]"}, 400),
        ({"json": {"inputs": []}}, 400),
        ({"json": {"inputs": {"name": 5}}}, 400),
        ({"json": {"inputs": {"nmae": "Ada"}}}, 400),
        ({"content": b'{"inputs": {"name": "' + b"x" * 1_100_000 + b'"}}'}, 413),
    ],
)
async def test_a_body_that_cannot_be_used_starts_nothing(served: Served, body: dict[str, Any], status):
    answer = await served.post("says_hello", **body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert served.app.records.runs.latest() == []


async def test_an_input_with_half_a_character_is_stored_as_text(served: Served):
    answer = await served.post("says_hello", content=b'{"inputs": {"name": "\\ud800"}}')
    assert answer.status_code == 200


async def test_an_unreachable_store_is_a_503_that_says_when_to_come_again(served: Served):
    file = served.app.store.file
    assert file is not None
    served.app.store.engine.dispose()
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    file.mkdir()  # nobody can open a folder as a database
    answer = await served.post("says_hello")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["error"]["code"] == "store_unreachable"
