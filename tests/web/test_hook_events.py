"""Events start playbooks: each once, also when copies race, and also when the process dies before it has begun."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from opsbook.runs.inbound import event_request, matches
from opsbook.sdk.hook import Delivery
from web import signing
from web.conftest import AT
from web.hooking import Doors, doors_in

PAID = signing.standard(b'{"type": "invoice.paid", "data": {"amount": 120}}')


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("billing.invoice.paid", "billing.invoice.paid", True),
        ("billing.invoice", "billing.invoice.paid", False),
        ("billing.*", "billing.invoice.paid", True),
        ("billing.invoice.*", "billing.invoice.paid", True),
        ("billing.inv.*", "billing.invoice.paid", False),
        ("billing.*", "billing", False),
        ("other.*", "billing.invoice.paid", False),
    ],
)
def test_a_trigger_means_one_event_or_all_below_a_name(pattern, name, fits):
    assert matches(pattern, name) is fits


async def test_an_event_starts_every_enabled_playbook_that_listens_and_they_read_it(doors: Doors):
    answer = await doors.deliver(PAID)
    event_id = answer.json()["events"][0]["id"]
    runs = {run["playbook_id"]: run for run in doors.runs()}
    assert set(runs) == {"on_invoice", "on_billing"}  # one of them names it twice, one is off, others hear other things
    done = await doors.app.operations.ended(runs["on_invoice"]["id"], 5)
    assert done["state"] == "succeeded"
    assert done["results"]["heard"] == {
        "what": "billing.invoice.paid",
        "kind": "event",
        "came": {"type": "invoice.paid", "data": {"amount": 120}},
    }
    assert done["event"]["id"] == event_id
    seen = await doors.seen(event_id)
    assert seen["outcome"] == {"started": {name: run["id"] for name, run in runs.items()}, "not_started": {}}


async def test_a_run_that_no_event_started_reads_the_event_as_unknown(doors: Doors):
    accepted = await doors.app.operations.start(event_request("on_invoice", _made_by_hand()))
    manual = await doors.client.post(
        "/api/v1/playbooks/on_invoice/runs", headers={"Authorization": f"Bearer {signing_token(doors)}"}
    )
    run = await doors.app.operations.ended(manual.json()["id"], 5)
    assert run["results"]["heard"]["came"]["status"] == "unknown"
    assert run["results"]["heard"]["what"] is None
    by_hand = await doors.app.operations.ended(accepted.run["id"], 5)
    assert by_hand["results"]["heard"]["came"] == {"x": 1}


def _made_by_hand() -> dict[str, Any]:
    return {"id": "event_1", "name": "billing.invoice.paid", "received_at": AT, "body": {"x": 1}}


def signing_token(doors: Doors) -> str:
    [token] = doors.app.settings.api_tokens
    return token.get_secret_value()


async def test_a_replay_is_the_same_event_with_the_same_run(doors: Doors):
    ids = {(await doors.deliver(PAID)).json()["events"][0]["id"] for _ in range(5)}
    assert len(ids) == 1
    first = (await doors.seen(ids.pop()))["outcome"]["started"]["on_invoice"]
    assert [run["id"] for run in doors.runs("on_invoice")] == [first]


async def test_fifty_copies_at_once_are_one_event_and_one_run(doors: Doors):
    answers = await asyncio.gather(*(doors.deliver(PAID) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(doors.events()) == 1
    assert len(doors.runs("on_invoice")) == 1


async def test_a_playbook_that_cannot_start_is_named_with_the_reason(doors: Doors):
    answer = await doors.deliver(signing.standard(b'{"type": "refund"}', "msg_2"))
    seen = await doors.seen(answer.json()["events"][0]["id"])
    assert seen["state"] == "handled"
    assert set(seen["outcome"]["started"]) == {"on_billing"}
    assert "amount is required" in seen["outcome"]["not_started"]["on_refund"]


async def test_what_came_in_while_a_playbook_was_off_is_not_for_it(doors: Doors):
    row = (await doors.app.inbound.receive(doors.app.inbound.entrance("billing"), delivered(PAID))).fresh
    doors.app.operations.enable("on_nothing", True)
    await doors.app.inbound.act(row)
    assert doors.runs("on_nothing") == []
    await doors.deliver(signing.standard(PAID.body, "msg_2"))
    assert len(doors.runs("on_nothing")) == 1


def delivered(parcel: signing.Parcel) -> Delivery:
    return Delivery(parcel.body, parcel.headers)


class Killed(BaseException):
    """The process dies here."""


async def test_a_process_that_dies_after_its_answer_has_begun_nothing_and_the_next_one_does(
    tmp_path: Path, published: Path
):
    home = tmp_path / "home"
    answered: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": PAID.body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answered.append(message["status"])
        else:
            raise Killed

    async with doors_in(home, published, AT) as doors:
        headers = [(name.encode(), value.encode()) for name, value in PAID.headers.items()]
        scope = {
            "type": "http", "method": "POST", "path": "/hooks/billing", "raw_path": b"/hooks/billing", "root_path": "",
            "scheme": "http", "query_string": b"", "headers": headers, "http_version": "1.1", "app": doors.site,
        }  # fmt: skip
        with pytest.raises(Killed):
            await doors.site(scope, receive, send)  # type: ignore[arg-type]
        assert answered == [200]
        assert [event["state"] for event in doors.events()] == ["received"]
        assert doors.runs() == []
    async with doors_in(home, None, AT) as doors:
        now = doors.app.world.clock.now()
        await doors.app.clockwork.round(now + timedelta(seconds=3))
        await doors.app.clockwork.round(now + timedelta(seconds=60))
        [event] = doors.events()
        assert event["state"] == "handled"
        [run] = doors.runs("on_invoice")
        assert (await doors.app.operations.ended(run["id"], 5))["state"] == "succeeded"
        again = await doors.deliver(PAID)
        assert again.json()["events"][0]["id"] == event["id"]
        assert len(doors.runs("on_invoice")) == 1


async def test_dying_between_two_starts_begins_the_second_and_not_the_first_again(doors: Doors):
    inbound = doors.app.inbound
    [row] = (await inbound.receive(inbound.entrance("billing"), delivered(PAID))).fresh
    first = await doors.app.operations.start(event_request("on_billing", row))
    await doors.app.clockwork.round(doors.app.world.clock.now() + timedelta(seconds=3))
    assert [run["id"] for run in doors.runs("on_billing")] == [first.run["id"]]
    assert len(doors.runs("on_invoice")) == 1
