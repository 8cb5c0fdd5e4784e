"""One suite for every way that mail goes out: what arrives, what is refused, what is lost, and what a crash leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.mailers import Desk, GmailDesk, MailjetDesk, SesDesk, gmail_error, mailjet_error, read, ses_error
from opsbook.effects.ledger import Effect, Ledger
from opsbook.integrations.configuration import configure
from opsbook.records.effects import Effects
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.effects import Connector, ConnectorClass, Lost, Parcel, Receipt, Refused
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.http import Answer, HttpClient, bearer
from opsbook.sdk.testing import FakeSystem, json_answer
from peers import free_port
from peers.mail import Mailbox, plain_mailbox  # noqa: F401 a fixture
from peers.slack import slack_peer  # noqa: F401 a fixture

SECRET = "private"
SETTINGS: dict[str, dict[str, Any]] = {
    "mailjet": {"api_key": "public", "secret_key": SECRET, "sender": "ops@example.com", "sender_name": "Operations"},
    "gmail": {"access_token": SECRET, "sender": "ops@example.com"},
    "ses": {"access_key_id": "public", "secret_access_key": SECRET, "sender": "ops@example.com"},
}
DESKS: dict[str, Any] = {"gmail": GmailDesk, "mailjet": MailjetDesk, "ses": SesDesk}
BY_API = pytest.mark.parametrize("key", sorted(DESKS))
EVERY = pytest.mark.parametrize("key", ["gmail", "mailjet", "ses", "smtp"])


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(datetime(2026, 11, 24, 9, tzinfo=UTC))


def over(key: str, transport: Any, clock: SteppedClock, **more: Any) -> Connector:
    http = HttpClient(transport=transport, clock=clock)
    (connector,) = configure({key: {**SETTINGS[key], **more}}, {}, http)[key].connectors()
    return connector


@dataclass
class Way:
    """A connector and what stands behind it."""

    connector: Connector
    desk: Any

    @property
    def arrived(self) -> list[Any]:
        if isinstance(self.desk, Desk):
            return self.desk.arrived
        return [read(one.content, one.rcpt_tos[0], "") for one in self.desk.arrived]

    def lose(self) -> None:
        if isinstance(self.desk, Desk):
            self.desk.lose = True
        else:
            self.desk.drop_after_data = True


@pytest.fixture
def way(key: str, clock: SteppedClock, request: pytest.FixtureRequest) -> Way:
    if key in DESKS:
        desk = DESKS[key]()
        return Way(over(key, desk, clock), desk)
    box: Mailbox = request.getfixturevalue("plain_mailbox")
    return Way(mail_server(box.port, clock), box)


def mail_server(port: int, clock: SteppedClock) -> Connector:
    settings = {"host": "localhost", "port": port, "security": "none", "sender": "ops@example.com"}
    (connector,) = configure({"smtp": settings}, {}, HttpClient(clock=clock))["smtp"].connectors()
    return connector


@pytest.fixture
def ledger(tmp_path, clock) -> Iterator[Ledger]:
    store = Store(f"sqlite:///{tmp_path}/a.db")
    metadata.create_all(store.engine)

    async def sleep(seconds: float) -> None:
        clock.forward(timedelta(seconds=seconds))

    yield Ledger(Effects(store), clock, sleep)
    store.close()


def parcel(to: str = "owner@example.com", **more: Any) -> Parcel:
    values = {"subject": "Bericht über gestern", "text": "Alles läuft.", "html": "<p>Alles läuft.</p>", **more}
    return Parcel("k" * 64, to, **values)


@EVERY
async def test_a_mail_arrives_as_it_was_meant_and_can_be_named_afterwards(key, way):
    receipt = await way.connector.send(parcel())
    (mail,) = way.arrived
    assert (mail.to, mail.subject) == ("owner@example.com", "Bericht über gestern")
    assert (mail.text, mail.html) == ("Alles läuft.", "<p>Alles läuft.</p>")
    assert receipt.provider_id
    assert way.connector.channel == "email"


@pytest.mark.parametrize("key", ["gmail", "mailjet", "ses", "smtp"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sender", "ops"),
        ("sender", "Ops <ops@example.com>"),
        ("sender_name", "Ops\r\nBcc: x"),
        ("sender_name", "x" * 81),
    ],
)
def test_a_sender_that_could_not_stand_in_a_header_is_refused_with_the_settings(key, name, value):
    settings = SETTINGS.get(key) or {"host": "localhost", "sender": "ops@example.com"}
    with pytest.raises(InvalidInput) as caught:
        configure({key: {**settings, name: value}}, {}, HttpClient())
    assert caught.value.field == f"integrations.{key}.{name}"


@EVERY
async def test_a_recipient_who_is_refused_for_good_is_refused_everywhere(key, way):
    with pytest.raises(Refused) as caught:
        await way.connector.send(parcel("bounce@example.com"))
    assert (caught.value.permanent, caught.value.elsewhere, way.arrived) == (True, False, [])


@EVERY
async def test_a_refusal_for_now_is_worth_another_try_at_the_same_place(key, way):
    with pytest.raises(Refused) as caught:
        await way.connector.send(parcel("grey@example.com"))
    assert (caught.value.permanent, caught.value.elsewhere, way.arrived) == (False, False, [])


@EVERY
async def test_where_nobody_answers_nothing_was_sent(key, clock):
    def dead(_sent):
        raise ConnectionRefusedError

    connector = over(key, dead, clock) if key in DESKS else mail_server(free_port(), clock)
    with pytest.raises(Refused) as caught:
        await connector.send(parcel())
    assert (caught.value.code, caught.value.permanent) == ("network", False)


@EVERY
@pytest.mark.parametrize(
    "bad",
    [
        {"to": "a@example.com, b@example.com"},
        {"subject": "a\r\nBcc: evil@example.com"},
        {"headers": {"Bcc": "evil@example.com"}},
        {"headers": {"X-Note": "a\r\nBcc: evil@example.com"}},
    ],
)
async def test_what_could_become_another_recipient_is_refused_before_anything_is_asked(key, bad, clock):
    desk = FakeSystem({})
    connector = over(key, desk, clock) if key in DESKS else mail_server(1, clock)
    with pytest.raises(Refused) as caught:
        await connector.send(parcel(**bad))
    assert caught.value.code in ("bad_address", "bad_message")
    assert desk.sent == []


class Died(BaseException):
    """The process is gone: nothing after this line happens."""


@dataclass
class Dying:
    """A connector in a process that dies before or after it has sent."""

    inner: Connector
    before: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def send(self, sent: Parcel) -> Receipt:
        if not self.before:
            await self.inner.send(sent)
        raise Died

    async def find(self, key: str) -> Receipt | None:
        return await self.inner.find(key)


@EVERY
@pytest.mark.parametrize("before", [True, False])
async def test_after_a_crash_a_message_is_searched_for_or_a_person_is_asked_and_never_sent_twice(
    key, before, way, ledger
):
    effect = Effect("run_1", "steps/0", "email:owner", parcel())
    with pytest.raises(Died):
        await ledger.carry_out(effect, Dying(way.connector, before), None)
    row = await ledger.carry_out(effect, way.connector, None)
    if way.connector.effect_class is ConnectorClass.D:
        assert (row["state"], len(way.arrived)) == ("uncertain", 0 if before else 1)
    else:
        assert (row["state"], len(way.arrived)) == ("done", 1)
        assert row["provider_id"]


@EVERY
async def test_a_lost_answer_is_searched_for_or_uncertain_and_never_a_second_mail(key, way, ledger):
    way.lose()
    effect = Effect("run_1", "steps/0", "email:owner", parcel())
    rows = [await ledger.carry_out(effect, way.connector, None) for _ in range(2)]
    state = "uncertain" if way.connector.effect_class is ConnectorClass.D else "done"  # it was searched for
    assert [row["state"] for row in rows] == [state, state]
    assert len(way.arrived) == 1


UNCLEAR = [Answer(500), Answer(200, b"<html>"), json_answer({}), json_answer({"Messages": []}), ConnectionResetError()]


@BY_API
@pytest.mark.parametrize("answer", UNCLEAR)
async def test_an_answer_that_proves_nothing_is_lost(key, answer, way):
    way.desk.refuse = answer
    with pytest.raises(Lost) as caught:
        await way.connector.send(parcel())
    assert SECRET not in str(caught.value)


MAILJET = [
    ((("mj-0015", 401),), "credentials", True, True),
    ((("mj-0001", 401),), "account", True, True),
    ((("mj-0099", 401),), "credentials", True, True),
    ((("send-0008", 403),), "account", True, True),
    ((("send-0007", 403), ("send-0008", 403)), "account", True, True),
    ((("mj-0099", 403),), "vendor_policy", True, True),
    ((("mj-0006", 400),), "mj-0006", True, False),
    ((("send-0008", 403), ("mj-0013", 400)), "mj-0013", True, False),
    ((("mj-0099", 429),), "rate_limited", False, False),
    ((("owner@example.com", 400),), "http_400", True, False),
]


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(("codes", "code", "permanent", "elsewhere"), MAILJET)
async def test_mailjets_errors_decide_whatever_the_status(codes, code, permanent, elsewhere, status, clock):
    desk = MailjetDesk(refuse=json_answer({"Messages": [mailjet_error(*codes)]}, status))
    with pytest.raises(Refused) as caught:
        await over("mailjet", desk, clock).send(parcel())
    assert (caught.value.code, caught.value.permanent, caught.value.elsewhere) == (code, permanent, elsewhere)
    assert "owner@" not in str(caught.value)


@pytest.mark.parametrize(
    "entry",
    [
        {"Status": "success"},
        {"Status": "success", "To": []},
        {"Status": "success", "To": [{"Email": "owner@example.com"}]},
        {"Status": "success", "To": [{"Email": "other@example.com", "MessageID": 1}]},
        {"Status": "success", "To": [{"Email": "owner@example.com", "MessageID": 1}], "Errors": [{"ErrorCode": "x"}]},
        {"Status": "error"},
        {"Status": "error", "Errors": [{"ErrorCode": "mj-0000", "StatusCode": 500}]},
    ],
)
async def test_mailjets_success_counts_for_our_recipient_and_without_errors_only(entry, clock):
    with pytest.raises(Lost):
        await over("mailjet", MailjetDesk(refuse=json_answer({"Messages": [entry]})), clock).send(parcel())


async def test_mailjet_is_told_not_to_touch_links_and_never_to_pretend(clock):
    desk = MailjetDesk()
    await over("mailjet", desk, clock).send(parcel(headers={"List-Unsubscribe": "<https://example.com/u/1>"}))
    assert b"Sandbox" not in desk.sent[0].body
    assert b'"TrackClicks": "disabled"' in desk.sent[0].body
    assert b"List-Unsubscribe" in desk.sent[0].body


async def test_wrong_keys_of_mailjet_are_a_matter_of_credentials(clock):
    desk = MailjetDesk()
    with pytest.raises(Refused) as caught:
        await over("mailjet", desk, clock, secret_key="wrong").send(parcel())
    assert (caught.value.code, caught.value.elsewhere) == ("credentials", True)


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"Data": [{"ID": 1}]}),
        json_answer({"Data": [{"ID": 1, "CustomID": "of somebody else"}]}),
        json_answer({"Count": 0}),
        Answer(401),
        Answer(500),
        TimeoutError(),
    ],
)
async def test_a_search_at_mailjet_that_cannot_be_sure_never_says_that_it_is_not_there(answer, clock):
    with pytest.raises(Lost):
        await over("mailjet", FakeSystem({"GET /v3/REST/message": answer}), clock).find("k" * 64)


async def test_without_a_sender_mailjet_is_probed_and_sends_nothing(clock):
    made = configure({"mailjet": {**SETTINGS["mailjet"], "sender": ""}}, {}, HttpClient(clock=clock))["mailjet"]
    assert made.configured
    assert list(made.connectors()) == []


async def test_a_configuration_set_goes_with_the_mail(clock):
    desk = FakeSystem({"*": json_answer({"MessageId": "ses-1"})})
    await over("ses", desk, clock, configuration_set="operations").send(parcel())
    assert desk.json()["ConfigurationSetName"] == "operations"


SES = [
    (ses_error("AccountSuspendedException"), "account", True, True),
    (ses_error("SendingPausedException"), "account", True, True),
    (ses_error("MailFromDomainNotVerifiedException"), "account", True, True),
    (ses_error("MessageRejected", message="Email address is not verified: a@example.com"), "account", True, True),
    (ses_error("MessageRejected", message="Illegal content."), "MessageRejected", True, False),
    (ses_error("LimitExceededException"), "quota", True, True),
    (ses_error("TooManyRequestsException", 429, "Daily message quota exceeded."), "quota", False, True),
    (ses_error("ThrottlingException", 400, "Rate exceeded"), "rate_limited", False, False),
    (ses_error("UnrecognizedClientException", 403), "credentials", True, True),
    (ses_error("ExpiredTokenException", 400), "credentials", True, True),
    (ses_error("NotFoundException", 404), "NotFoundException", True, True),
    (Answer(403), "credentials", True, True),
    (Answer(429), "rate_limited", False, False),
    (Answer(418), "http_418", True, False),
    (json_answer({"__type": "com.amazonaws.ses#SendingPausedException"}, 400), "account", True, True),
]


@pytest.mark.parametrize(("answer", "code", "permanent", "elsewhere"), SES)
async def test_the_errors_of_ses_say_whose_matter_it_is(answer, code, permanent, elsewhere, clock):
    with pytest.raises(Refused) as caught:
        await over("ses", SesDesk(refuse=answer), clock).send(parcel())
    assert (caught.value.code, caught.value.permanent, caught.value.elsewhere) == (code, permanent, elsewhere)
    assert "a@example.com" not in str(caught.value)


GMAIL = [
    (gmail_error("authError", 401), "credentials", True, True),
    (gmail_error("insufficientPermissions", 403), "credentials", True, True),
    (gmail_error("failedPrecondition", 400), "account", True, True),
    (gmail_error("domainPolicy", 403), "account", True, True),
    (gmail_error("dailyLimitExceeded", 403), "quota", False, True),
    (gmail_error("rateLimitExceeded", 429), "rate_limited", False, False),
    (Answer(429, headers={"retry-after": "30"}), "rate_limited", False, False),
    (gmail_error("invalidArgument", 400), "invalidArgument", True, False),
    (ConnectionRefusedError(), "network", False, False),
]


@pytest.mark.parametrize(("answer", "code", "permanent", "elsewhere"), GMAIL)
async def test_the_errors_of_gmail_say_whose_matter_it_is(answer, code, permanent, elsewhere, clock):
    desk = GmailDesk(refuse=answer)
    with pytest.raises(Refused) as caught:
        await over("gmail", desk, clock).send(parcel())
    assert (caught.value.code, caught.value.permanent, caught.value.elsewhere) == (code, permanent, elsewhere)
    assert desk.arrived == []


@pytest.mark.parametrize("answer", [Answer(500), TimeoutError(), json_answer({}), Answer(200, b"<html>")])
async def test_a_draft_that_was_perhaps_made_sends_nothing_so_it_is_tried_again(answer, clock):
    desk = FakeSystem({"POST /gmail/v1/users/me/drafts": answer})
    with pytest.raises(Refused) as caught:
        await over("gmail", desk, clock).send(parcel())
    assert (caught.value.code, caught.value.permanent) == ("no_draft", False)


@pytest.mark.parametrize("renames", [False, True])
async def test_a_sent_mail_is_found_by_either_of_its_marks(renames, clock):
    desk = GmailDesk(renames=renames)
    connector = over("gmail", desk, clock)
    for number in range(3):
        await connector.send(Parcel(f"other-{number}", "owner@example.com", "Other", "Other."))
    receipt = await connector.send(parcel())
    assert await connector.find("k" * 64) == Receipt(receipt.provider_id)
    assert await connector.find("of nobody") is None


async def test_a_mailbox_with_more_than_can_be_looked_through_is_never_guessed_about(clock):
    desk = GmailDesk(headers=[{"Message-ID": "<x@example.com>"}] * 301)
    with pytest.raises(Lost, match="300"):
        await over("gmail", desk, clock).find("k" * 64)


@pytest.mark.parametrize("answer", [Answer(401), Answer(500), TimeoutError(), json_answer([])])
async def test_a_search_of_the_mailbox_that_fails_never_says_that_it_is_not_there(answer, clock):
    with pytest.raises(Lost):
        await over("gmail", FakeSystem({"*": answer}), clock).find("k" * 64)


async def test_a_mail_that_cannot_be_looked_at_is_no_proof_that_ours_is_not_there(clock):
    listed = json_answer({"messages": [{"id": "g0"}]})
    answers = {
        "GET /gmail/v1/users/me/messages": [json_answer({}), listed],
        "GET /gmail/v1/users/me/messages/g0": Answer(500),
    }
    with pytest.raises(Lost):
        await over("gmail", FakeSystem(answers), clock).find("k" * 64)


async def test_without_the_right_to_read_a_lost_answer_stays_a_doubt(clock):
    desk = GmailDesk(unsearchable=True, lose=True)
    with pytest.raises(Lost):
        await over("gmail", desk, clock).send(parcel())
    assert len(desk.arrived) == 1


async def test_without_a_sender_gmail_is_probed_and_sends_nothing(clock):
    made = configure({"gmail": {"access_token": SECRET}}, {}, HttpClient(clock=clock))["gmail"]
    assert made.configured
    assert list(made.connectors()) == []


@pytest.mark.peer("google")
async def test_a_mail_is_sent_from_the_emulators_mailbox_and_found_there(slack_peer):  # noqa: F811
    settings = {"base_url": slack_peer.google, "access_token": slack_peer.google_token, "sender": "ops@example.com"}
    http = HttpClient(allow_loopback=True)
    (connector,) = configure({"gmail": settings}, {}, http)["gmail"].connectors()
    receipt = await connector.send(Parcel("key-gmail", "owner@example.com", "Health", "All is well."))
    address = f"{slack_peer.google}/gmail/v1/users/me/messages/{receipt.provider_id}"
    reply = await http.request("GET", address, headers=bearer(slack_peer.google_token))
    assert reply.object()["labelIds"] == ["SENT"]
    assert await connector.find("key-gmail") == Receipt(receipt.provider_id)
    assert await connector.find("key-of-nobody") is None
