"""The mail builder: what goes in is what a receiver reads, or nothing is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.integrations._mail import compose, message_id
from opsbook.sdk.effects import Parcel, Refused

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


def parcel(**more) -> Parcel:
    values = {"key": "k" * 64, "to": "owner@example.com", "subject": "Daily health", "text": "All is well.\n", **more}
    return Parcel(**values)


def made(sender="ops@example.com", sender_name="Operations", **more) -> bytes:
    return compose(parcel(**more), sender, sender_name, AT)


def read(raw: bytes):
    return message_from_bytes(raw, policy=policy.default)


def test_the_mail_reads_as_it_was_meant():
    mail = read(made(text="Grüße\n.\nFrom here\n" + "x" * 2000, html="<p>Grüße</p>", severity="high"))
    assert mail["From"] == "Operations <ops@example.com>"
    assert mail["To"] == "owner@example.com"
    assert mail["Subject"] == "Daily health"
    assert mail["Date"] == "Tue, 24 Nov 2026 09:00:00 +0000"
    assert mail["Importance"] == "high"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain.get_content().splitlines() == ["Grüße", ".", "From here", "x" * 2000]
    assert html.get_content().strip() == "<p>Grüße</p>"
    assert all(len(line) <= 78 for line in made(text="x" * 5000, subject="ü" * 300).splitlines())


def test_the_same_parcel_has_the_same_id_and_bytes_but_for_the_border_of_its_parts():
    assert made() == made()
    assert read(made())["Message-ID"] == message_id("k" * 64, "ops@example.com")
    assert message_id("a", "x@example.com") != message_id("b", "x@example.com")


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "plain",
        " ends in blanks ",
        "Ünïcödé 🚀 " * 20,
        "=?utf-8?b?QQ==?=",
        "a =? b",
        "x" * 500,
        "tab is refused"[:3],
    ],
)
def test_every_printable_subject_comes_back_as_it_was(subject):
    assert read(made(subject=subject))["Subject"] == subject


def test_a_subject_that_no_reader_would_show_is_refused():
    with pytest.raises(Refused):
        made(subject="x" * 501)


@pytest.mark.parametrize("name", ["", "Ops Team", 'Ops "the" Team', "Ops, Inc.", "Öps", "a\\b", "=?utf-8?q?x?="])
def test_every_printable_name_of_the_sender_comes_back_as_it_was(name):
    (sender,) = read(made(sender_name=name))["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "ops@example.com")


INJECTIONS = [
    "a\r\nBcc: evil@example.com", "a\nBcc: evil@example.com", "a\rBcc: evil@example.com", "a\r\n\r\nbody",
    "a\0b", "a\x0bb", "a\x0cb", "a\x1cb", "a\x1db", "a\x1eb", "a\x7fb", "a\x85b", "a\u2028b", "a\u2029b", "a\x1b[31m",
    "a\tb", "\n", "\u200e\n", "a\ud800b",
]  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_control_character_in_a_subject_or_a_header_is_refused(text):
    for more in ({"subject": text}, {"headers": {"List-Unsubscribe": text}}):
        with pytest.raises(Refused) as caught:
            made(**more)
        assert (caught.value.code, caught.value.permanent) == ("bad_message", True)
    with pytest.raises(Refused):
        made(sender_name=text)


ENCODED = ["=?utf-8?b?YQ0KQmNjOiBldmlsQGV4YW1wbGUuY29t?=", "=?utf-8?q?a=0D=0ABcc:_evil@example.com?=", "=?x?b?DQo=?="]


@pytest.mark.parametrize("text", ENCODED)
def test_an_encoded_word_never_becomes_a_header(text):
    raw = made(subject=text, sender_name=text)
    assert b"\nbcc" not in raw.lower()
    assert read(raw)["Bcc"] is None
    with pytest.raises(Refused):
        made(headers={"X-Note": text})


@pytest.mark.parametrize(
    "to",
    [
        "", "owner", "owner@", "@example.com", "a@b@example.com", "owner@example.com, evil@example.com",
        "owner@example.com\r\nBcc: evil@example.com", "Owner <owner@example.com>", "owner@exa mple.com",
        "öwner@example.com", "owner@exämple.com", "a..b@example.com", '"a b"@example.com', "x" * 65 + "@example.com",
        "owner@example.com\0", "owner@example.com ", "owner@-example.com", "owner@example.com-",
    ],
)  # fmt: skip
def test_a_recipient_that_is_not_exactly_one_address_is_refused(to):
    with pytest.raises(Refused) as caught:
        made(to=to)
    assert caught.value.code == "bad_address"


@pytest.mark.parametrize(
    "name", ["Bcc", "TO", "cc", "Subject", "Content-Type", "Resent-To", "Message-ID", "a b", "X:", "", "X\r\nBcc", "Ü"]
)
def test_a_header_that_is_ours_or_no_name_is_refused(name):
    with pytest.raises(Refused):
        made(headers={name: "x"})


def test_a_header_of_the_channel_is_kept():
    assert read(made(headers={"List-Unsubscribe": "<https://example.com/u/1>"}))["List-Unsubscribe"]
    with pytest.raises(Refused):
        made(headers={"X-Note": "x" * 1000})


@given(st.text(max_size=120), st.text(max_size=40))
def test_whatever_the_texts_there_is_one_recipient_and_no_header_that_was_not_meant(subject, name):
    try:
        raw = made(subject=subject, sender_name=name)
    except Refused:
        assert not (subject.isprintable() and name.isprintable())
        return
    head = raw.split(b"\r\n\r\n")[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    ours = [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"MIME-Version"]
    assert [one for one in names if not one.startswith(b"Content-")] == ours
    assert head.count(b"\r") == head.count(b"\n")
