"""Events at a real server, and `opsbook events`: what came in and what became of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from cli.commanding import Shell
from cli.serving import API, server

SECRET = "hook-secret-of-the-tests"
HOOK = {"OPSBOOK_HOOK_BILLING_SECRET": SECRET}
LISTENS = """\
id: on_payment
name: On payment
triggers:
  - event: billing.*
steps:
  - {id: note, type: set, values: {amount: "{{ event.data.amount }}"}, save_as: noted}
"""
BODY = b'{"type": "invoice.paid", "data": {"amount": 120}}'


def signed(message: str) -> dict[str, str]:
    at = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), f"{message}.{at}.".encode() + BODY, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": message, "webhook-timestamp": at, "webhook-signature": signature}


def deliver(client: httpx.Client, message: str = "msg_1") -> Any:
    answer = client.post("/hooks/billing", content=BODY, headers=signed(message))
    assert answer.status_code == 200, answer.text
    return answer.json()["events"][0]


def until(found: Callable[[], Any]) -> Any:
    """What is found, once there is something; ten seconds at the most."""
    deadline = time.monotonic() + 10
    while not (there := found()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return there


def runs(client: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/runs?trigger=event&state=succeeded", headers=API).json()["items"]
    return found


def handled(client: httpx.Client, event_id: str) -> bool:
    return bool(client.get(f"/api/v1/events/{event_id}", headers=API).json()["state"] == "handled")


def test_fifty_copies_of_a_delivery_are_one_event_and_one_run_of_a_real_server(shell: Shell):
    shell.publish(LISTENS)
    with server(shell, env=HOOK) as (_, client), ThreadPoolExecutor(25) as senders:
        events = list(senders.map(lambda _: deliver(client), range(50)))
        assert len({event["id"] for event in events}) == 1
        [run] = until(lambda: runs(client))
        assert run["playbook_id"] == "on_payment"
        assert len(client.get("/api/v1/events", headers=API).json()["items"]) == 1


def test_a_server_killed_behind_its_answer_leaves_nothing_undone(shell: Shell):
    shell.publish(LISTENS)
    ids = []
    for number in range(2):
        with server(shell, env=HOOK) as (process, client):
            ids.append(deliver(client, f"msg_{number}")["id"])
            process.kill()
    with server(shell, env=HOOK) as (_, client):
        assert len(until(lambda: found if len(found := runs(client)) == 2 else None)) == 2
        assert [deliver(client, f"msg_{number}")["id"] for number in range(2)] == ids
        for event_id in ids:
            assert until(lambda event_id=event_id: handled(client, event_id))
        assert len(runs(client)) == 2


def test_what_came_in_is_listed_and_shown(shell: Shell):
    shell.publish(LISTENS)
    with server(shell, env=HOOK) as (_, client):
        event = deliver(client)
        until(lambda: runs(client))
    [listed] = shell("events", "list", "--json").json["items"]
    assert (listed["id"], listed["name"], listed["state"]) == (event["id"], "billing.invoice.paid", "handled")
    assert shell("events", "list", "--source", "slack", "--json").json["items"] == []
    assert shell("events", "list", "--state", "refused", "--json").json["items"] == []
    shown = shell("events", "show", event["id"], "--json").json
    assert shown["body"]["data"] == {"amount": 120}
    told = shell("events", "show", event["id"]).out
    assert "billing.invoice.paid" in told
    assert f"started on_payment: {shown['outcome']['started']['on_payment']}" in told
    assert '"amount": 120' in told
    assert shell("events", "show", "event_0").code == 8


def test_a_secret_that_is_too_short_refuses_to_start(shell: Shell, monkeypatch):
    monkeypatch.setenv("OPSBOOK_HOOK_BILLING_SECRET", "short")
    answer = shell("events", "list")
    assert answer.code == 2
    assert "hooks.billing.secrets" in answer.err
    assert "openssl rand" in answer.err


def test_a_door_cannot_take_the_name_of_a_system(shell: Shell):
    shell.write(f'[hooks.slack]\nsecrets = ["{SECRET}"]\n', "opsbook.toml")
    answer = shell("events", "list")
    assert answer.code == 2
    assert "hooks.slack" in answer.err
    shell.write('[hooks.billing]\nkind = "other"\n', "opsbook.toml")
    assert shell("events", "list").code == 2
    shell.write('[hooks.billing]\nsecrets = ["whsec_not base64 at all"]\n', "opsbook.toml")
    assert "base64" in shell("events", "list").err


def test_the_doctor_names_the_doors_and_who_listens_in_vain(shell: Shell, monkeypatch):
    def found() -> dict[str, Any]:
        return {item["check"]: item for item in shell("doctor", "--json").json["items"]}

    shell.publish(LISTENS)
    assert found()["doors for events"]["found"] == "none is open"
    assert found()["playbook on_payment"]["found"] == "it listens to billing.*, which no open door tells"
    shell.write("[hooks.billing]\n", "opsbook.toml")
    assert "OPSBOOK_HOOK_BILLING_SECRET" in found()["door billing"]["cure"]
    monkeypatch.setenv("OPSBOOK_HOOK_BILLING_SECRET", SECRET)
    there = found()
    assert there["doors for events"]["found"] == "open: billing"
    assert "playbook on_payment" not in there
