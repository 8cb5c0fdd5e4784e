"""The doors for events: who is believed, what is refused, and that a repeat does nothing."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from dataclasses import replace
from typing import Any

import httpx
import pytest

from opsbook.integrations.hooks import callers
from web import signing
from web.hooking import Doors
from web.serving import API
from web.signing import AT, BEFORE, SECRET, Parcel

BODY = b'{"type": "invoice.paid", "data": {"amount": 120, "note": "caf\xc3\xa9"}}'
GENUINE = {
    "standard": signing.standard(BODY),
    "slack": signing.slack(b'{"type": "event_callback", "event_id": "Ev1", "event": {"type": "team_join"}}'),
    "slack button": signing.slack_button({"type": "block_actions", "trigger_id": "1.2", "actions": []}),
    "hubspot": signing.hubspot([{"eventId": 1, "subscriptionType": "contact.creation", "objectId": 123}]),
    "alleaves": signing.alleaves({"type": "order.updated", "id": 7}),
    "aeropay": signing.aeropay({"topic": "transaction_completed", "data": {"id": "231933"}, "date": "2026-11-24"}),
}
signed_parcels = pytest.mark.parametrize("parcel", GENUINE.values(), ids=GENUINE.keys())


@signed_parcels
async def test_a_genuine_delivery_is_on_disk_when_it_is_answered(doors: Doors, parcel: Parcel):
    answer = await doors.deliver(parcel)
    assert answer.status_code == 200
    [event] = doors.events()
    assert event["source"] == parcel.door
    assert event["name"].startswith(f"{parcel.door}.")


@signed_parcels
async def test_one_flipped_byte_is_a_forgery(doors: Doors, parcel: Parcel):
    for place in range(0, len(parcel.body), 3):
        flipped = bytearray(parcel.body)
        flipped[place] ^= 1
        answer = await doors.deliver(parcel, body=bytes(flipped))
        assert answer.status_code == 401, bytes(flipped)
        assert answer.json()["code"] == "bad_signature"
    assert doors.events() == []


@signed_parcels
async def test_every_header_of_the_proof_counts(doors: Doors, parcel: Parcel):
    for name, value in parcel.headers.items():
        if name == "content-type":
            continue
        for other in ("", "é", value[:-1], value + "0", "x" * 5000):
            sent = {**parcel.headers, name: other.encode()}
            assert (await doors.deliver(parcel, headers=sent)).status_code == 401, (name, other)
        without = {key: text for key, text in parcel.headers.items() if key != name}
        assert (await doors.deliver(parcel, headers=without)).status_code == 401
    assert doors.events() == []


@signed_parcels
async def test_a_repeated_delivery_is_answered_the_same_and_kept_once(doors: Doors, parcel: Parcel):
    answers = [await doors.deliver(parcel) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.content for answer in answers}) == 1
    assert len(doors.events()) == 1


@pytest.mark.parametrize("away", [-301, 301])
@pytest.mark.parametrize("make", ["standard", "slack", "hubspot"])
async def test_five_minutes_away_is_too_far_however_well_it_is_signed(doors: Doors, make, away):
    body: Any = [{"subscriptionType": "a.b"}] if make == "hubspot" else BODY
    sender = getattr(signing, make)
    late = sender(body, at=AT + away + (0 if away < 0 else 60))  # the test itself takes time
    assert (await doors.deliver(late)).status_code == 401
    near = sender(body, at=AT + (-270 if away < 0 else 270))
    assert (await doors.deliver(near)).status_code == 200
    assert len(doors.events()) == 1


async def test_both_secrets_of_a_rotation_are_live_and_no_other(doors: Doors):
    assert (await doors.deliver(signing.standard(BODY, "new", secret=SECRET))).status_code == 200
    assert (await doors.deliver(signing.standard(BODY, "old", secret=BEFORE))).status_code == 200
    other = "whsec_" + base64.b64encode(b"another key that nobody configured").decode()
    assert (await doors.deliver(signing.standard(BODY, "bad", secret=other))).status_code == 401


async def test_of_several_signatures_one_has_to_be_genuine(doors: Doors):
    parcel = signing.standard(BODY)
    both = f"v1a,AAAA v1,AAAA {parcel.headers['webhook-signature']}"
    assert (await doors.deliver(parcel, headers={**parcel.headers, "webhook-signature": both})).status_code == 200


async def test_a_door_without_a_secret_is_closed_and_keeps_nothing(doors: Doors):
    answer = await doors.deliver(signing.standard(BODY, door="bare"))
    assert answer.status_code == 503
    assert answer.json()["code"] == "no_hook_secret"
    assert doors.events() == []


@pytest.mark.parametrize("more_settings", [{"integrations": {}, "hooks": {}}])
async def test_without_settings_every_vendors_door_is_closed(doors: Doors):
    for system in callers():
        assert (await doors.deliver(Parcel(system, b"{}"))).status_code == 503
    assert (await doors.deliver(Parcel("billing", b"{}"))).status_code == 404


async def test_the_systems_that_can_call_are_those_with_hooks(doors: Doors):
    assert callers() == ("aeropay", "alleaves", "cannpay", "hubspot", "mailjet", "slack")
    for nobody in ("gmail", "nobody", "Billing", "%ff"):
        assert (await doors.client.post(f"/hooks/{nobody}")).status_code == 404
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        assert (await doors.client.request(method, "/hooks/billing")).status_code == 405


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[]", b'"text"', b"[1]", b"\xff", b'{"a": NaN}', b"[" * 2000, b'{"type": "a"} x']
)
async def test_a_genuine_body_that_cannot_be_read_is_a_400(doors: Doors, body):
    assert (await doors.deliver(signing.standard(body))).status_code == 400
    assert (await doors.deliver(signing.slack(body))).status_code == 400
    assert doors.events() == []


async def test_more_than_a_mebibyte_is_not_read(doors: Doors):
    answer = await doors.deliver(signing.standard(b'{"type": "a", "pad": "' + b"x" * 1_100_000 + b'"}'))
    assert answer.status_code == 413
    assert doors.events() == []


async def test_an_event_is_shown_to_those_with_a_token_and_to_nobody_else(doors: Doors):
    event_id = (await doors.deliver(signing.standard(BODY))).json()["events"][0]["id"]
    for path in ("/api/v1/events", f"/api/v1/events/{event_id}"):
        assert (await doors.client.get(path)).status_code == 401
    seen = await doors.seen(event_id)
    assert (seen["name"], seen["state"]) == ("billing.invoice.paid", "handled")
    assert seen["body"] == json.loads(BODY)
    listed = await doors.client.get("/api/v1/events", params={"source": "billing", "limit": 1}, headers=API)
    assert [one["id"] for one in listed.json()["items"]] == [event_id]
    assert "body" not in listed.json()["items"][0]
    missing = await doors.client.get("/api/v1/events/event_0", headers=API)
    assert missing.status_code == 404
    assert (await doors.client.get("/api/v1/events?cursor=1", headers=API)).status_code == 400


async def test_pages_of_events_follow_each_other(doors: Doors):
    for number in range(5):
        await doors.deliver(signing.standard(BODY, f"msg_{number}"))
    seen, cursor = [], None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await doors.client.get("/api/v1/events", params=query, headers=API)).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [row["id"] for row in doors.events()]


async def test_an_unreachable_store_is_a_503_and_never_a_200(doors: Doors):
    file = doors.app.store.file
    assert file is not None
    doors.app.store.engine.dispose()
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    file.mkdir()
    assert (await doors.deliver(signing.standard(BODY))).status_code == 503


async def test_two_thousand_hostile_bodies_never_break_a_door(doors: Doors):
    chance = random.Random(20261124)
    counts: dict[int, int] = {}
    senders = [
        *GENUINE.values(),
        signing.mailjet({"event": "bounce", "email": "a@example.com"}),
        signing.cannpay({"intent_id": "intent-1", "status": "Success", "amount": "12.50"}),
        signing.cloud(b'{"specversion": "1.0", "id": "1", "source": "/a", "type": "x"}'),
    ]
    for _ in range(250):
        batch = [hostile(chance, senders) for _ in range(8)]
        for answer in await asyncio.gather(*(delivered(doors, parcel) for parcel in batch)):
            counts[answer.status_code] = counts.get(answer.status_code, 0) + 1
    assert sum(counts.values()) == 2000
    assert set(counts) <= {200, 400, 401, 503}, counts
    assert min(counts[400], counts[401]) > 100, counts
    assert (await doors.deliver(signing.standard(BODY, "after all"))).status_code == 200


async def delivered(doors: Doors, parcel: Parcel) -> httpx.Response:
    headers = [(name.encode(), value.encode("utf-8", "replace")) for name, value in parcel.headers.items()]
    answer = await doors.client.post(f"/hooks/{parcel.door}", content=parcel.body, headers=headers)
    if answer.status_code == 503:  # only what nobody has confirmed is held back
        assert answer.json()["code"] == "busy"
    return answer


def hostile(chance: random.Random, senders: list[Parcel]) -> Parcel:
    """Noise, genuine bodies that were stirred, and noise that is signed as it should be."""
    parcel = chance.choice(senders)
    body = chance.choice([noise(chance), stirred(chance, parcel.body), nested(chance)])
    if chance.random() < 0.5:
        sign = {"slack": signing.slack, "billing": signing.standard}.get(parcel.door)
        return sign(body) if sign else replace(parcel, body=body)
    headers = {name: stirred(chance, text.encode()).decode("latin-1") for name, text in parcel.headers.items()}
    return Parcel(
        parcel.door, body, {name: "".join(c for c in text if c.isprintable()) for name, text in headers.items()}
    )


def noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice([0, 1, 7, 300, 4000]))


def stirred(chance: random.Random, body: bytes) -> bytes:
    mixed = bytearray(body)
    for _ in range(chance.randrange(4)):
        if mixed:
            mixed[chance.randrange(len(mixed))] = chance.randrange(256)
    return bytes(mixed)


def nested(chance: random.Random) -> bytes:
    value: Any = chance.choice([None, 1e308, -1, "\ud800", 10**300, True, [], {"type": {"a": 1}}, "payload"])
    for _ in range(chance.randrange(60)):
        value = [value] if chance.random() < 0.5 else {chance.choice(["type", "event", "data", "actions", "id"]): value}
    return json.dumps(value).encode()
