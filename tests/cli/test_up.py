"""`up`: a server of its own process that is ready, does its work, refuses a second one and takes its leave."""

from __future__ import annotations

import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from cli.commanding import HELLO, LONG_WAIT, Shell
from cli.serving import API, CRON, DOOR, server


def test_a_server_is_ready_when_it_says_so_and_does_its_work(shell: Shell):
    shell.publish(HELLO)
    with server(shell) as (_, client):
        assert client.get("/readyz").json()["status"] == "ready"
        answer = client.post(DOOR, params={"playbookId": "says_hello"}, headers=CRON)
        assert (answer.status_code, answer.json()["success"]) == (200, True)
        assert client.get(answer.headers["location"], headers=API).json()["state"] == "succeeded"


def test_fifty_equal_requests_of_a_scheduler_are_one_run_of_a_real_server(shell: Shell):
    shell.publish(HELLO)
    headers = {
        **CRON,
        "X-CloudScheduler-JobName": "hello",
        "X-CloudScheduler-ScheduleTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    with server(shell) as (_, client), ThreadPoolExecutor(25) as callers:
        one = lambda _: client.post(DOOR, params={"playbookId": "says_hello"}, headers=headers)  # noqa: E731
        answers = list(callers.map(one, range(50)))
        assert {answer.status_code for answer in answers} <= {200, 202}
        assert len({answer.json()["executionId"] for answer in answers}) == 1
        assert len(client.get("/api/v1/runs", headers=API).json()["items"]) == 1


def test_a_second_server_on_the_same_store_is_refused_in_a_sentence(shell: Shell):
    with server(shell) as (_, client):
        second = shell("up", "--port", "0")
        assert second.code == 10
        assert len(second.err.strip().splitlines()) == 2
        assert client.get("/readyz").status_code == 200


def test_a_command_beside_a_server_has_it_carry_the_run_out(shell: Shell):
    shell.publish(HELLO)
    with server(shell):
        answer = shell("run", "says_hello", "--json")
        assert (answer.code, answer.json["state"]) == (0, "succeeded")
        assert [step["status"] for step in answer.json["steps"]] == ["completed", "completed"]


def test_a_server_that_is_told_to_stop_answers_its_callers_and_exits_with_0(shell: Shell):
    shell.publish(LONG_WAIT)
    with server(shell) as (process, client), ThreadPoolExecutor(1) as caller:
        waiting = caller.submit(client.post, DOOR, params={"playbookId": "takes_long"}, headers=CRON)
        while not client.get("/api/v1/runs", headers=API).json()["items"]:
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        answer = waiting.result(timeout=20)
        assert answer.status_code == 202
        assert process.wait(timeout=30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert shell("runs", "list", "--json").json["items"][0]["id"] == answer.json()["executionId"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1"])
def test_an_address_that_others_reach_needs_both_secrets(shell: Shell, host):
    answer = shell("up", "--host", host, "--port", "0")
    assert answer.code == 2
    assert "CRON_SECRET" in answer.err
    assert "OPSBOOK_API_TOKEN" in answer.err
    assert len(answer.err.strip().splitlines()) == 2


def test_a_port_that_is_taken_is_told(shell: Shell):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = shell("up", "--port", port)
    assert answer.code == 2
    assert port in answer.err
    assert len(answer.err.strip().splitlines()) == 2
