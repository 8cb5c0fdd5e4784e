"""What each sender's deliveries come to: names, bodies, opt-outs, and what is believed only when it is confirmed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from opsbook.runs.inbound import MOST_UNPROVEN
from opsbook.sdk.http import Answer
from opsbook.sdk.testing import json_answer
from web import signing
from web.hooking import Doors

PAYMENT = {"intent_id": "intent-1", "status": "Success", "amount": "12.50"}
DETAILS = "POST /integrator/transactiondetails"


def named(doors: Doors) -> list[str]:
    return sorted(row["name"] for row in doors.events())


async def test_slack_is_told_its_own_challenge_and_no_event_comes_of_it(doors: Doors):
    parcel = signing.slack(b'{"type": "url_verification", "token": "x", "challenge": "3eZbrw1aB"}')
    assert (await doors.deliver(parcel)).json() == {"challenge": "3eZbrw1aB"}
    assert doors.events() == []


async def test_a_button_is_named_by_its_action_and_what_could_act_in_slack_is_not_kept(doors: Doors):
    answer = await doors.deliver(
        signing.slack_button(
            {
                "type": "block_actions",
                "token": "verification-token",
                "response_url": "https://hooks.slack.com/actions/T1/2/3",
                "trigger_id": "13345224609.738474920.8088930838d88f008e0",
                "user": {"id": "U1"},
                "actions": [{"action_id": "Approve_It!", "value": "campaign_1"}],
            }
        )
    )
    assert answer.content == b""  # Slack would take a body for an instruction
    [event] = doors.events()
    assert event["name"] == "slack.block_actions.approve_it"
    assert set(event["body"]) == {"type", "trigger_id", "user", "actions"}
    [run] = doors.runs("on_button")
    assert run["trigger"] == "event"


async def test_a_form_without_its_payload_is_no_interaction(doors: Doors):
    for body in (b"a=1", b"payload=1&payload=2", b"payload=%ff", b"payload=", b"&".join([b"a=1"] * 50)):
        answer = await doors.deliver(signing.slack(body, content_type="application/x-www-form-urlencoded"))
        assert answer.status_code == 400


async def test_hubspot_sends_batches_and_counts_its_attempts(doors: Doors):
    change = {"eventId": 100, "subscriptionType": "contact.propertyChange", "objectId": 9, "attemptNumber": 0}
    other = {"eventId": 100, "subscriptionType": "company.creation", "objectId": 9, "attemptNumber": 0}
    first = await doors.deliver(signing.hubspot([change, other]))
    again = await doors.deliver(signing.hubspot([{**change, "attemptNumber": 1}, {**other, "attemptNumber": 1}]))
    assert again.json() == first.json()
    assert named(doors) == ["hubspot.company.creation", "hubspot.contact.propertychange"]


async def test_mailjet_stops_mail_to_whom_it_could_not_or_may_not_reach(doors: Doors):
    kinds = ["sent", "open", "click", "bounce", "blocked", "spam", "unsub"]
    events = [{"event": kind, "email": f"{kind.title()}@Example.com", "MessageID": 1} for kind in kinds]
    assert (await doors.deliver(signing.mailjet(events))).status_code == 200
    addresses = [f"{kind}@example.com" for kind in kinds]
    assert doors.app.campaigns.rows.suppressed("email", addresses) == {
        "bounce@example.com": "bounced",
        "blocked@example.com": "blocked",
        "spam@example.com": "complained",
        "unsub@example.com": "unsubscribed",
    }
    assert len(doors.events()) == 7


async def test_mailjet_without_its_credentials_stops_nothing(doors: Doors):
    spam = {"event": "spam", "email": "ada@example.com"}
    assert (await doors.deliver(signing.mailjet(spam, password="guessed"))).status_code == 401
    for header in ("", "Basic", "Basic é", "Basic ====", "Bearer x", f"Basic {signing.KEY}"):
        parcel = signing.mailjet(spam)
        assert (await doors.deliver(parcel, headers={"authorization": header.encode()})).status_code == 401
    assert doors.app.campaigns.rows.suppressed("email", ["ada@example.com"]) == {}


@pytest.mark.parametrize(
    "address", [None, 5, "nobody", "a@b\n.example", "a" * 400 + "@example.com", "İ" * 200 + "@example.com"]
)
async def test_an_event_about_no_address_is_kept_and_stops_nothing(doors: Doors, address):
    assert (await doors.deliver(signing.mailjet({"event": "bounce", "email": address}))).status_code == 200
    [event] = doors.events()
    assert event["opt_out"] is None
    assert event["state"] == "handled"


async def test_of_alleaves_only_the_hint_is_kept(doors: Doors):
    order = {"type": "order.updated", "data": {"id_order": 7, "customer_id": "c1", "total": 31.5, "name": "Ada"}}
    await doors.deliver(signing.alleaves(order))
    [event] = doors.events()
    assert event["name"] == "alleaves.order.updated"
    assert event["body"] == {"type": "order.updated", "id_order": 7, "customer_id": "c1"}


@pytest.mark.parametrize(
    "data", [{"amount": 12.5, "n": 1e22, "title": "Café – “x”"}, {"attributes": [], "deep": {"b": [1, None, True]}}]
)
async def test_aeropays_signature_holds_however_the_body_was_written(doors: Doors, data):
    event = {"topic": "transaction_refunded", "data": data, "date": "2026-11-24 14:00:00"}
    parcel = signing.aeropay(event)
    assert (await doors.deliver(parcel)).status_code == 200
    spaced = json.dumps(event, indent=4).encode()
    assert (await doors.deliver(parcel, body=spaced)).status_code == 200
    assert named(doors) == ["aeropay.transaction_refunded"]


async def test_aeropays_signature_is_bound_to_the_address_of_the_door(doors: Doors):
    parcel = signing.aeropay({"topic": "user_active"})
    door = await doors.client.post("/hooks/aeropay?x=1", content=parcel.body, headers=parcel.headers)
    assert door.status_code == 401


@pytest.mark.parametrize("answers", [{DETAILS: json_answer({"code": 200, "data": {**PAYMENT, "amount": 12.5}})}])
async def test_a_payment_counts_when_the_vendors_own_record_says_the_same(doors: Doors):
    first = await doors.deliver(signing.cannpay({**PAYMENT, "invented": "by a stranger"}))
    assert await doors.deliver(signing.cannpay(PAYMENT)) is not None
    [event] = doors.events()
    assert (event["name"], event["state"]) == ("cannpay.transaction.success", "handled")
    assert first.json()["events"][0]["id"] == event["id"]
    [run] = doors.runs("on_payment")
    assert run["event"]["body"] == {**PAYMENT, "amount": 12.5}
    assert len(doors.desk.sent) == 1
    assert doors.desk.form()["intent_id"] == "intent-1"


@pytest.mark.parametrize(
    "answers",
    [
        {DETAILS: json_answer({"code": 200, "data": {**PAYMENT, "status": "Voided"}})},
        {DETAILS: json_answer({"code": 200, "data": {**PAYMENT, "amount": "12.51"}})},
        {DETAILS: json_answer({"code": 200, "data": {"status": "Success"}})},
        {DETAILS: json_answer({"code": 599, "message": "no such intent", "data": None})},
    ],
)
async def test_a_payment_that_the_vendor_does_not_know_starts_nothing(doors: Doors):
    assert (await doors.deliver(signing.cannpay(PAYMENT))).status_code == 200
    [event] = doors.events()
    assert event["state"] == "refused"
    assert doors.runs() == []


@pytest.mark.parametrize(
    "answers",
    [
        {
            DETAILS: [
                json_answer({"code": 599, "message": "pending"}),
                json_answer({"code": 200, "data": PAYMENT}),
            ]
        }
    ],
)
async def test_a_forged_payment_does_not_stand_in_the_way_of_the_real_one(doors: Doors):
    await doors.deliver(signing.cannpay(PAYMENT))
    assert [row["state"] for row in doors.events()] == ["refused"]
    await doors.deliver(signing.cannpay(PAYMENT))
    now = doors.app.world.clock.now()
    await doors.app.clockwork.round(now + timedelta(seconds=30))
    assert len(doors.desk.sent) == 1  # not more than once a minute, however often a stranger asks
    await doors.app.clockwork.round(now + timedelta(seconds=61))
    assert [row["state"] for row in doors.events()] == ["handled"]
    assert len(doors.runs("on_payment")) == 1


@pytest.mark.parametrize(
    "answers", [{DETAILS: [Answer(503), TimeoutError(), json_answer([]), json_answer({"code": 200, "data": PAYMENT})]}]
)
async def test_a_vendor_that_cannot_be_asked_is_asked_again(doors: Doors):
    await doors.deliver(signing.cannpay(PAYMENT))
    now = doors.app.world.clock.now()
    for pause, sent in ((3, 2), (5, 2), (14, 3), (40, 4)):
        await doors.app.clockwork.round(now + timedelta(seconds=pause))
        assert len(doors.desk.sent) == sent
    [event] = doors.events()
    assert (event["state"], event["reason"]) == ("handled", None)
    assert len(doors.runs("on_payment")) == 1


@pytest.mark.parametrize("answers", [{DETAILS: Answer(503)}])
async def test_strangers_cannot_fill_the_store(doors: Doors):
    await doors.deliver(signing.cannpay(PAYMENT))
    [row] = doors.events()
    rows = [{**row, "id": f"event_{n:032x}", "dedup_key": f"cannpay:{n}"} for n in range(MOST_UNPROVEN)]
    await doors.app.inbound.events.receive(rows)
    answer = await doors.deliver(signing.cannpay({**PAYMENT, "intent_id": "intent-2"}))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


async def test_what_names_no_payment_is_refused(doors: Doors):
    for event in ({}, {"intent_id": "x", "status": "Success"}, {"intent_id": "intent-1"}, {"intent_id": 5}):
        assert (await doors.deliver(signing.cannpay(event))).status_code == 400


BUILD = {"specversion": "1.0", "id": "b-1", "source": "/builds/7", "type": "com.example.build.done", "subject": "main"}


async def test_cloud_events_come_structured_in_batches_and_binary(doors: Doors):
    whole = {**BUILD, "data": {"ok": True}}
    await doors.deliver(signing.cloud(json.dumps(whole).encode()))
    batch = json.dumps([whole, {**BUILD, "id": "b-2"}]).encode()
    await doors.deliver(signing.cloud(batch, "application/cloudevents-batch+json"))
    ce = {**BUILD, "id": "b-3"}
    await doors.deliver(signing.cloud(b'{"ok": true}', "application/json", **ce))
    await doors.deliver(signing.cloud(b"", "application/json", **{**BUILD, "id": "b-4"}))
    untyped = signing.cloud(b'{"ok": true}', **{**BUILD, "id": "b-5"})
    await doors.deliver(
        untyped, headers={name: text for name, text in untyped.headers.items() if name != "content-type"}
    )
    assert named(doors) == ["builds.com.example.build.done"] * 5
    bodies = {row["body"]["id"]: row["body"] for row in doors.events()}
    assert bodies["b-1"] == whole
    assert bodies["b-3"] == {**ce, "data": {"ok": True}}
    assert len(doors.runs("on_build")) == 5


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type"])
async def test_what_is_no_cloud_event_is_refused(doors: Doors, missing):
    event = {name: value for name, value in BUILD.items() if name != missing}
    assert (await doors.deliver(signing.cloud(json.dumps(event).encode()))).status_code == 400
    assert (await doors.deliver(signing.cloud(b"<a/>", "text/xml", **BUILD))).status_code == 400


async def test_a_cloud_event_without_the_bearer_secret_is_refused(doors: Doors):
    parcel = signing.cloud(json.dumps(BUILD).encode())
    for given in ("", "Bearer", "Bearer x", signing.BEARER, f"Basic {signing.BEARER}", "Bearer é"):
        headers = {**parcel.headers, "authorization": given.encode()}
        assert (await doors.deliver(parcel, headers=headers)).status_code == 401


async def test_no_secret_of_a_door_stands_in_its_answers_or_its_records(doors: Doors):
    for parcel in (signing.standard(b'{"type": "a.b"}'), signing.mailjet({"event": "sent"}), signing.cannpay(PAYMENT)):
        told = await doors.deliver(parcel)
        shown = f"{told.text} {doors.events()} {doors.app.settings!r} {doors.app.inbound.entrances!r}"
        for secret in (signing.KEY, signing.SECRET, signing.BEFORE, signing.BEARER):
            assert secret not in shown
    redact = doors.app.world.http.redactor.clean
    assert redact(f"{signing.KEY} {signing.SECRET} {signing.BEARER}") == "*** *** ***"
