"""Writes one mail to one recipient, and proves that it is the one that was meant.

Header values are encoded here and not by the standard library: some Pythons decode a value such as `=?utf-8?b?...?=`
while they build a message and write the line breaks in it as new headers. The bytes are then parsed again, and must
hold exactly the headers, the recipient and the subject that went in.
"""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime
from typing import Annotated

from pydantic import AfterValidator

from opsbook.sdk.effects import Parcel, Refused, mark

ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,252}[A-Za-z0-9])?")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9\-]{0,60}")
OURS = re.compile(r"from|to|cc|bcc|sender|subject|date|message-id|mime-version|return-path|content-.*|resent-.*", re.I)
PLAIN = re.compile(r"[\x20-\x7e]{0,200}")
EXTRA = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,900}")
LONGEST_SUBJECT = 500  # characters
WORD_BYTES = 42  # of one encoded word: 56 characters in base64 and its frame stay below a line's 76
URGENT = frozenset({"high", "critical"})
SENDER = r"^[^@\s<>\"]+@[A-Za-z0-9.\-]+$"  # what a setting for the sender's address looks like


def _one_line(name: str) -> str:
    if not name.isprintable():
        raise ValueError("it holds a control character")
    return name


SenderName = Annotated[str, AfterValidator(_one_line)]


def compose(parcel: Parcel, sender: str, sender_name: str, at: datetime) -> bytes:
    """The mail as bytes, its lines ended by CR LF.

    Raises `Refused` (`bad_address`, `bad_message`) when a value could become something else on the way.
    """
    refuse_what_could_turn(parcel, sender_name)
    headers = {
        "From": f"{_phrase(sender_name)} <{sender}>" if sender_name else sender,
        "To": parcel.to,
        "Subject": _encoded(parcel.subject),
        "Date": format_datetime(at),
        "Message-ID": message_id(parcel.key, sender),
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        **({"Importance": "high"} if parcel.severity in URGENT else {}),
        **parcel.headers,
    }
    content = EmailMessage(policy=policy.SMTP)
    content.set_content(parcel.text, cte="quoted-printable")
    if parcel.html is not None:
        content.add_alternative(parcel.html, subtype="html", cte="quoted-printable")
    del content["MIME-Version"]
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    made = lines.encode("ascii") + content.as_bytes()
    _prove(made, headers, parcel)
    return made


def message_id(key: str, sender: str) -> str:
    """The id of a parcel's mail: the same parcel has the same id for ever."""
    return f"<{mark(key)}@{sender.rpartition('@')[2]}>"


def refuse_what_could_turn(parcel: Parcel, sender_name: str) -> None:
    """Refuse what could become another recipient, subject or header, whoever writes the mail in the end.

    Raises `Refused` (`bad_address`, `bad_message`).
    """
    if not ADDRESS.fullmatch(parcel.to) or ".." in parcel.to:
        raise Refused("bad_address", "The recipient is not an address that mail can be sent to.")
    if not (parcel.subject.isprintable() and sender_name.isprintable()) or len(parcel.subject) > LONGEST_SUBJECT:
        raise Refused("bad_message", "The subject is too long, or it holds a control character.")
    for name, value in parcel.headers.items():
        if not NAME.fullmatch(name) or OURS.fullmatch(name):
            raise Refused("bad_message", "A header of the message has a name that it must not have.")
        if not EXTRA.fullmatch(value) or "=?" in value:
            raise Refused("bad_message", f"The header {name} holds something that no header can carry as it is.")


def _encoded(text: str) -> str:
    """A text as a header's value. One that is long, is not ASCII or looks encoded already becomes encoded words."""
    if PLAIN.fullmatch(text) and "=?" not in text and text == text.strip():
        return text
    words, part = [], b""
    for char in text:
        piece = char.encode("utf-8", "replace")
        if len(part) + len(piece) > WORD_BYTES:
            words.append(part)
            part = b""
        part += piece
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in [*words, part])


def _phrase(name: str) -> str:
    """A name beside an address: quoted when it holds more than letters, digits and blanks."""
    written = _encoded(name)
    if written != name or re.fullmatch(r"[A-Za-z0-9 ]+", name):
        return written
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _prove(made: bytes, headers: dict[str, str], parcel: Parcel) -> None:
    """Read the bytes as a receiver does: the headers that went in, and no other."""
    read = BytesParser(policy=policy.compat32).parsebytes(made)
    names = [name for name in read.keys() if not name.lower().startswith("content-")]  # noqa: SIM118 a mail is no dict
    subject = str(make_header(decode_header(str(read["Subject"]))))
    told = parcel.subject.encode("utf-8", "replace").decode()
    if names != list(headers) or read.get_all("To") != [parcel.to] or subject != told or read.defects:
        raise Refused("bad_message", "The message reads differently once it is written; it was not sent.")
