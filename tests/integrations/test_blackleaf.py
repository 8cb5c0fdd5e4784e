"""Text messages by Blackleaf: what may go out, what its answers prove, and that nothing is called sent that was not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from integrations.samples import CANARY
from opsbook.effects.delivery import Door, Origin
from opsbook.effects.ledger import Effect, Ledger, effect_key
from opsbook.integrations.configuration import configure
from opsbook.records.effects import Effects
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.effects import ConnectorClass, Lost, Parcel, Refused
from opsbook.sdk.http import Answer, HttpClient, Sent
from opsbook.sdk.testing import FakeSystem, json_answer
from opsbook.sdk.work import Message

NUMBER = "15550100123"


class Desk:
    """The call as integrators describe it: JSON with exactly these three fields, and the key as a bearer token."""

    def __init__(self, answer: Answer | Exception | None = None) -> None:
        self.answer = answer
        self.arrived: list[dict[str, str]] = []

    def __call__(self, sent: Sent) -> Answer:
        assert (sent.method, urlsplit(sent.url).path) == ("POST", "/messaging/send/text")
        assert urlsplit(sent.url).query == ""
        assert sent.headers["authorization"] == f"Bearer {CANARY}"
        body = json.loads(sent.body)
        assert set(body) == {"to", "body", "unsubscribeText"}
        if isinstance(self.answer, ConnectionRefusedError):
            raise self.answer
        if self.answer is None or isinstance(self.answer, Exception):
            self.arrived.append(body)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or json_answer({"success": True, "messageId": f"sms-{len(self.arrived)}"})


def connector(desk, **more):
    system = configure({"blackleaf": {"api_key": CANARY, **more}}, {}, HttpClient(transport=desk))["blackleaf"]
    (found,) = system.connectors()
    return found


def parcel(text: str = "Two systems are offline.", to: str = NUMBER, subject: str = "Health", **more) -> Parcel:
    return Parcel("k" * 64, to, subject, text, **more)


async def test_a_message_carries_its_opt_out_and_no_markup():
    desk = Desk()
    receipt = await connector(desk).send(parcel("## Offline\n**gmail** since `09:00`, ops_daily_health failed\n"))
    (sent,) = desk.arrived
    assert sent == {
        "to": NUMBER,
        "body": "Health\nOffline\ngmail since 09:00, ops_daily_health failed",
        "unsubscribeText": "Reply STOP to opt out, HELP for help.",
    }
    assert receipt.provider_id == "sms-1"


ADVERTISING = [
    "Get 20% off today", "A discount for you", "Your coupon is inside", "Use code WIN20", "BOGO this weekend",
    "Flash sale on Friday", "$5 off your order", "Special offer", "Limited-time only", "Free delivery on Monday",
    "Save 20 dollars", "Buy one get one", "Half-price pre-rolls", "Shop now", "PROMO", "Redeem your loyalty points",
]  # fmt: skip


@pytest.mark.parametrize("text", ADVERTISING)
@pytest.mark.parametrize("where", ["text", "subject"])
async def test_what_advertises_is_refused_before_anything_is_asked(text, where):
    desk = FakeSystem({})
    with pytest.raises(Refused) as caught:
        await connector(desk).send(parcel(**{where: text}))
    assert (caught.value.code, caught.value.permanent, caught.value.elsewhere) == ("promotional", True, False)
    assert desk.sent == []


ORDINARY = [
    "gmail is offline", "Point of sale: 3 errors", "Error rate is 20% above normal", "MRR fell by $500",
    "Status code 503 from aeropay", "Orders stopped at 09:00", "Health check failed with code 7",
]  # fmt: skip


@pytest.mark.parametrize("text", ORDINARY)
async def test_what_operations_say_is_no_advertising(text):
    desk = Desk()
    await connector(desk).send(parcel(text))
    assert len(desk.arrived) == 1


@pytest.mark.parametrize("to", ["5550100123", "+15550100123", "25550100123", "155501001234", "1555010012x", ""])
async def test_a_number_that_has_not_11_digits_after_a_1_is_refused(to):
    desk = FakeSystem({})
    with pytest.raises(Refused) as caught:
        await connector(desk).send(parcel(to=to))
    assert (caught.value.code, desk.sent) == ("bad_address", [])


@pytest.mark.parametrize(("letter", "most", "parts"), [("x", 414, 459), ("ü", 156, 201), ("🚀", 78, 201)])
async def test_a_message_that_does_not_fit_three_parts_with_its_opt_out_is_cut_and_says_so(letter, most, parts):
    desk = Desk()
    for number in (most, most + 1, 5000):
        await connector(desk).send(parcel(letter * number))
    whole, *cut = desk.arrived
    assert whole["body"] == f"Health\n{letter * most}"
    for one in cut:
        assert one["body"].startswith(f"Health\n{letter}")
        assert one["body"].endswith("... (shortened)")
        assert len(f"{one['body']}\n{one['unsubscribeText']}".encode("utf-16-le")) // 2 <= parts
        assert "\ufffd" not in one["body"]


async def test_typographic_signs_are_written_so_that_the_message_stays_in_the_alphabet_of_text_messages():
    desk = Desk()
    await connector(desk).send(parcel("It’s “down” – see…\u00a0now"))
    assert desk.arrived[0]["body"] == 'Health\nIt\'s "down" - see... now'


async def test_advertising_beyond_the_cut_is_advertising_all_the_same():
    with pytest.raises(Refused):
        await connector(FakeSystem({})).send(parcel("x " * 3000 + "20% off"))


async def test_a_message_without_words_is_refused():
    with pytest.raises(Refused) as caught:
        await connector(FakeSystem({})).send(parcel(" ", subject="**"))
    assert caught.value.code == "bad_message"


REFUSED = [
    (json_answer({"success": False, "code": "invalid_number"}), "invalid_number", True, False),
    (json_answer({"accepted": False}), "http_200", True, False),
    (json_answer({"status": "rejected"}), "http_200", True, False),
    (json_answer({"success": True, "status": "error"}), "http_200", True, False),
    (json_answer({"success": True}, 400), "http_400", True, False),
    (Answer(401), "credentials", True, True),
    (Answer(403), "credentials", True, True),
    (Answer(429, headers={"retry-after": "60"}), "rate_limited", False, False),
    (ConnectionRefusedError(), "network", False, False),
]
UNCLEAR = [json_answer({}), json_answer([]), json_answer({"status": "hm"}), Answer(200, b"ok"), Answer(500),
           TimeoutError()]  # fmt: skip


@pytest.mark.parametrize(("answer", "code", "permanent", "elsewhere"), REFUSED)
async def test_a_failure_inside_a_good_status_is_a_failure(answer, code, permanent, elsewhere):
    with pytest.raises(Refused) as caught:
        await connector(Desk(answer)).send(parcel())
    assert (caught.value.code, caught.value.permanent, caught.value.elsewhere) == (code, permanent, elsewhere)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("answer", UNCLEAR)
async def test_an_answer_that_does_not_say_yes_is_lost(answer):
    with pytest.raises(Lost):
        await connector(Desk(answer)).send(parcel())


@pytest.mark.parametrize("body", [{"accepted": True, "id": 7}, {"status": "queued", "data": {"id": 7}}])
async def test_the_id_is_taken_from_where_it_stands(body):
    assert (await connector(Desk(json_answer(body))).send(parcel())).provider_id == "7"


async def test_the_older_way_of_calling_sends_nothing():
    system = configure({"blackleaf": {"api_key": CANARY, "dialect": "query"}}, {}, HttpClient())["blackleaf"]
    assert list(system.connectors()) == []


@pytest.fixture
def ledger(tmp_path):
    clock = SteppedClock(datetime(2026, 11, 24, 9, tzinfo=UTC))
    store = Store(f"sqlite:///{tmp_path}/a.db")
    metadata.create_all(store.engine)

    async def sleep(seconds: float) -> None:
        clock.forward(timedelta(seconds=seconds))

    yield Ledger(Effects(store), clock, sleep)
    store.close()


async def test_a_lost_answer_is_uncertain_and_nothing_is_sent_again(ledger):
    desk = Desk(TimeoutError())
    way = connector(desk)
    assert way.effect_class is ConnectorClass.D
    effect = Effect("run_1", "steps/0", "sms:owner", parcel())
    rows = [await ledger.carry_out(effect, way, None) for _ in range(2)]
    assert [row["state"] for row in rows] == ["uncertain", "uncertain"]
    assert len(desk.arrived) == 1
    assert await way.find("k" * 64) is None


class Book:
    def of(self, channel: str, to: Sequence[str]) -> Sequence[tuple[str, str]]:
        return [(name, NUMBER) for name in to]


async def test_without_a_key_a_text_message_failed_and_is_never_called_sent(ledger):
    system = configure({}, {}, HttpClient())["blackleaf"]
    door = Door(ledger, {"sms": system.connectors()}, Book())
    origin = Origin("run_1", "1.tell", None, lambda item: effect_key("run_1", "1.tell", item))
    (row,) = await door.deliver(Message(("sms",), ("owner",), "Health", "Offline."), origin)
    assert (row["state"], row["error"], row["permanent"]) == ("failed", "not_configured", True)
