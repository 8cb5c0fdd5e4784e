"""Mail against a real server of this process: what arrives, what is refused, what is lost."""

from __future__ import annotations

import asyncio
from email import message_from_bytes, policy

import pytest

from opsbook.integrations.configuration import configure
from opsbook.sdk.effects import ConnectorClass, Lost, Parcel, Refused
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import ErrorClass, Status
from peers import free_port
from peers.mail import PASSWORD, USER, Mailbox, certificate, mailbox, plain_mailbox  # noqa: F401 fixtures


def system(box: Mailbox, **more):
    settings = {
        "host": "localhost",
        "port": box.port,
        "username": USER,
        "password": PASSWORD,
        "sender": "ops@example.com",
        "sender_name": "Operations",
        "ca_file": str(box.certificate),
        **more,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    return configure({"smtp": given}, {}, HttpClient())["smtp"]


def plain_system(box: Mailbox, **more):
    return system(box, security="none", username=None, password=None, ca_file=None, **more)


def connector(made):
    (found,) = made.connectors()
    return found


def parcel(to: str = "owner@example.com", **more) -> Parcel:
    return Parcel("key-1", to, "Bericht über gestern", "Alles läuft.", "<p>Alles läuft.</p>", **more)


async def test_a_mail_arrives_over_starttls_and_a_sign_in_as_it_was_meant(mailbox):  # noqa: F811
    sender = connector(system(mailbox))
    assert (sender.name, sender.channel, sender.effect_class) == ("smtp", "email", ConnectorClass.D)
    receipt = await sender.send(parcel())
    (arrived,) = mailbox.arrived
    mail = message_from_bytes(arrived.content, policy=policy.default)
    assert (arrived.mail_from, arrived.rcpt_tos) == ("ops@example.com", ["owner@example.com"])
    assert mail["Subject"] == "Bericht über gestern"
    assert mail["Message-ID"] == receipt.provider_id
    assert mail.get_body(("html",)).get_content().strip() == "<p>Alles läuft.</p>"
    assert mail.get_body(("plain",)).get_content().strip() == "Alles läuft."


async def test_the_probe_signs_in_and_begins_no_message(mailbox):  # noqa: F811
    seen = await system(mailbox).probe()
    assert (seen.status, seen.error_class) == (Status.ONLINE, None)
    assert seen.latency_ms > 0
    assert mailbox.arrived == []


async def test_a_wrong_password_is_a_refusal_of_credentials(mailbox):  # noqa: F811
    made = system(mailbox, password="canary-secret")
    seen = await made.probe()
    assert (seen.status, seen.error_class) == (Status.OFFLINE, ErrorClass.AUTH)
    with pytest.raises(Refused) as caught:
        await connector(made).send(parcel())
    assert (caught.value.code, caught.value.permanent) == ("credentials", True)
    assert "canary" not in f"{seen} {caught.value} {made.config!r}"
    assert mailbox.arrived == []


async def test_a_certificate_that_nobody_vouches_for_is_refused(mailbox):  # noqa: F811
    made = system(mailbox, ca_file=None)
    seen = await made.probe()
    assert (seen.status, seen.error_class) == (Status.OFFLINE, ErrorClass.NETWORK)
    with pytest.raises(Refused) as caught:
        await connector(made).send(parcel())
    assert not caught.value.permanent
    assert mailbox.arrived == []


async def test_a_server_that_takes_passwords_without_tls_never_sees_ours():
    heard, sessions = [], []

    async def careless(reader, writer):
        sessions.append(asyncio.current_task())
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            heard.append(line)
            writer.write(b"250-here\r\n250 AUTH PLAIN LOGIN\r\n" if line.startswith(b"EHLO") else b"250 ok\r\n")
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(careless, "127.0.0.1", 0)
    made = system(Mailbox(port=server.sockets[0].getsockname()[1]), ca_file=None)
    seen = await made.probe()
    assert (seen.status, seen.error_class) == (Status.OFFLINE, ErrorClass.BAD_REPLY)
    with pytest.raises(Refused) as caught:
        await connector(made).send(parcel())
    assert (caught.value.code, caught.value.permanent) == ("smtp_settings", True)
    await asyncio.gather(*sessions)
    assert heard
    assert not any(line.upper().startswith((b"AUTH", b"MAIL")) for line in heard)
    server.close()
    await server.wait_closed()


async def test_a_server_of_this_machine_may_be_without_tls(plain_mailbox):  # noqa: F811
    made = plain_system(plain_mailbox)
    assert (await made.probe()).status is Status.ONLINE
    await connector(made).send(parcel())
    assert len(plain_mailbox.arrived) == 1


@pytest.mark.parametrize(("to", "code", "permanent"), [("bounce", "smtp_550", True), ("grey", "smtp_451", False)])
async def test_a_refused_recipient_is_refused_for_good_or_for_now(to, code, permanent, mailbox):  # noqa: F811
    with pytest.raises(Refused) as caught:
        await connector(system(mailbox)).send(parcel(f"{to}@example.com"))
    assert (caught.value.code, caught.value.permanent) == (code, permanent)
    assert mailbox.arrived == []


@pytest.mark.parametrize(
    ("answer", "code", "permanent"), [("552 too large", "smtp_552", True), ("452 no room", "smtp_452", False)]
)
async def test_a_content_that_the_server_refuses_was_not_sent(answer, code, permanent, plain_mailbox):  # noqa: F811
    plain_mailbox.data_answer = answer
    with pytest.raises(Refused) as caught:
        await connector(plain_system(plain_mailbox)).send(parcel())
    assert (caught.value.code, caught.value.permanent) == (code, permanent)


async def test_a_connection_that_breaks_after_the_content_leaves_the_outcome_unknown(plain_mailbox):  # noqa: F811
    plain_mailbox.drop_after_data = True
    with pytest.raises(Lost):
        await connector(plain_system(plain_mailbox)).send(parcel())
    assert len(plain_mailbox.arrived) == 1  # it had arrived, and nobody here can know


async def test_a_server_that_is_not_there_was_sent_nothing():
    box = Mailbox(port=free_port())
    made = plain_system(box)
    seen = await made.probe()
    assert (seen.status, seen.error_class) == (Status.OFFLINE, ErrorClass.NETWORK)
    with pytest.raises(Refused) as caught:
        await connector(made).send(parcel())
    assert (caught.value.code, caught.value.permanent) == ("network", False)


@pytest.mark.parametrize(
    ("greeting", "status", "error_class"),
    [
        (b"421 too many connections\r\n", Status.DEGRADED, ErrorClass.THROTTLED),
        (b"554 not here\r\n", Status.OFFLINE, ErrorClass.SERVER),
        (b"", Status.OFFLINE, ErrorClass.NETWORK),
        (b"HTTP/1.1 200 OK\r\n\r\n", Status.OFFLINE, ErrorClass.BAD_REPLY),
    ],
)
async def test_what_a_server_says_first_is_judged(greeting, status, error_class):
    async def greet(_reader, writer):
        writer.write(greeting)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    seen = await plain_system(Mailbox(port=server.sockets[0].getsockname()[1])).probe()
    assert (seen.status, seen.error_class) == (status, error_class), seen.message
    server.close()
    await server.wait_closed()


async def test_a_message_that_cannot_be_written_is_refused_before_anything_is_opened():
    sender = connector(plain_system(Mailbox(port=1)))
    with pytest.raises(Refused) as caught:
        await sender.send(parcel("a@example.com, b@example.com"))
    assert caught.value.code == "bad_address"
    assert await sender.find("key-1") is None


async def test_in_a_burst_one_session_carries_one_mail_after_the_other_and_ends_with_it(plain_mailbox):  # noqa: F811
    sender, before = connector(plain_system(plain_mailbox)), len(plain_mailbox.calls)
    async with sender.burst():
        for number in range(3):
            await sender.send(Parcel(f"key-{number}", "owner@example.com", "Hello", "All is well."))
    assert len(plain_mailbox.arrived) == 3
    assert len(plain_mailbox.calls) - before == 1
    await sender.send(parcel())
    assert len(plain_mailbox.calls) - before == 2


async def test_a_refused_mail_ends_its_session_and_the_next_mail_gets_another(plain_mailbox):  # noqa: F811
    sender = connector(plain_system(plain_mailbox))
    async with sender.burst():
        await sender.send(parcel())
        with pytest.raises(Refused):
            await sender.send(parcel("bounce@example.com"))
        await sender.send(Parcel("key-2", "owner@example.com", "Hello", "All is well."))
    assert len(plain_mailbox.arrived) == 2


async def test_a_session_that_the_server_has_hung_up_on_is_replaced_and_the_mail_leaves_once(plain_mailbox):  # noqa: F811
    sender = connector(plain_system(plain_mailbox))
    async with sender.burst():
        await sender.send(parcel())
        await asyncio.to_thread(plain_mailbox.hang_up)
        await sender.send(Parcel("key-2", "owner@example.com", "Hello", "All is well."))
    assert len(plain_mailbox.arrived) == 2
