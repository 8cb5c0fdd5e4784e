"""The interpreter and its libraries: versions, and two known faults that are tried out instead of looked up."""

from __future__ import annotations

import base64
import platform
import sqlite3
import sys
from email.errors import HeaderParseError, MessageError
from email.message import EmailMessage
from email.policy import SMTP

from opsbook.cli.doctor._finding import Finding

OLD_SQLITE = (3, 42)


def look() -> list[Finding]:
    return [_sqlite(), _email()]


def _sqlite() -> Finding:
    """Python 3.12 and later with SQLite before 3.42 cannot keep the engine's times unless they are helped to."""
    told = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    if sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < OLD_SQLITE:
        return Finding("sqlite", "note", f"{told}: an old library, which opsbook makes up for", "SQLite 3.42 or later.")
    return Finding("sqlite", "ok", told)


def _email() -> Finding:
    """Whether a crafted subject becomes a header of its own in this interpreter's mail library."""
    if smuggles_headers():
        cure = "Use Python 3.11.10, 3.12.5 or later; until then opsbook refuses such subjects itself."
        return Finding("mail library", "note", "a crafted subject can add headers to a mail", cure)
    return Finding("mail library", "ok", "a crafted subject stays a subject")


def smuggles_headers() -> bool:
    """Try it: an encoded word that decodes to a line break and a header."""
    payload = base64.b64encode(b"hello\r\nX-Smuggled: yes\r\n\r\nbody").decode()
    message = EmailMessage(policy=SMTP)
    try:
        message["Subject"] = f"=?utf-8?b?{payload}?="
        message.set_content("text")
        return b"\nx-smuggled:" in message.as_bytes().lower()
    except (MessageError, HeaderParseError, ValueError):
        return False
