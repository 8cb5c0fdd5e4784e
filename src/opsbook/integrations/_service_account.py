"""A service account of Google's: its key, read from a file or a text, and the claim that is signed with it (RFC 7523).

Google hands the key out as a JSON document. It may be given by its path, as it is, or in base64.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from opsbook.sdk.errors import PersonNeeded

SETTING = "GOOGLE_APPLICATION_CREDENTIALS"
AUDIENCE = "https://oauth2.googleapis.com/token"  # who the claim is for, wherever it is handed in
LIFE_SECONDS = 3600  # of a claim: the longest that Google takes
MOST_BYTES = 100_000
KIND = re.compile(r"[a-z_]{1,40}")
ANOTHER = "make a key for the service account in Google Cloud (JSON) and give its file"
OF_A_USER = (
    "it holds a user's own credentials and not a service account's key; give their client_id, client_secret and "
    "refresh_token as GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET and GOOGLE_REFRESH_TOKEN instead"
)


@dataclass(frozen=True)
class Key:
    """One key of one account. `id` is empty where the document says none."""

    email: str
    id: str = field(repr=False)
    private_key: str = field(repr=False)


class BadKey(ValueError):
    """What was given holds no key: why, and what to give. Nothing of it is repeated."""


def read(given: str) -> Key:
    """The key in a setting. Raises `BadKey`; whether its numbers make sense is found when it signs."""
    if given.lstrip().startswith("-----BEGIN"):
        raise BadKey("it is a private key alone; give the whole JSON file that it came in")
    found = _document(given)
    kind = found.get("type")
    if kind == "authorized_user":
        raise BadKey(OF_A_USER)
    if kind != "service_account":
        named = f" but {kind}" if isinstance(kind, str) and KIND.fullmatch(kind) else ""
        raise BadKey(f"its type is not service_account{named}; {ANOTHER}")
    email, pem = found.get("client_email"), found.get("private_key")
    if not isinstance(email, str) or "@" not in email:
        raise BadKey(f"it has no client_email; {ANOTHER}")
    if not isinstance(pem, str) or not pem.strip().startswith("-----BEGIN"):
        raise BadKey(f"it has no private_key in PEM; {ANOTHER}")
    named_id = found.get("private_key_id")
    whole = pem.replace("\\n", "\n")  # escaped once too often on its way through a variable; PEM has no backslash
    return Key(email, named_id if isinstance(named_id, str) else "", whole)


def secrets_in(given: str) -> Iterator[str]:
    """What must never be shown of a setting that holds a key or leads to one. A path is no secret, nor is a mistake."""
    if (text := _inline(given)) is not None:
        yield given
        yield text
    try:
        key = read(given)
    except BadKey:
        return
    lines = [line.strip() for line in key.private_key.splitlines() if not line.startswith("-----")]
    yield key.private_key
    yield from lines
    yield "".join(lines)


def claim(key: Key, scopes: Sequence[str], subject: str | None, now: datetime) -> str:
    """A signed claim that is exchanged for a token: the account asks for the scopes, as `subject` where one is named.

    Raises `PersonNeeded`: `missing_extra` without the library that signs, `credentials` for a key that cannot sign.
    """
    try:
        from opsbook.integrations._rsa import signature  # noqa: PLC0415 its library is an extra of 15 MB
    except ImportError as error:
        raise PersonNeeded(
            f"{SETTING} is set, but the package that signs with a service account's key is not installed.",
            cure="Run: pip install 'opsbook[google]'.",
            code="missing_extra",
        ) from error
    head = {"typ": "JWT", "alg": "RS256", **({"kid": key.id} if key.id else {})}
    began = int(now.timestamp())
    body = {"iat": began, "exp": began + LIFE_SECONDS, "iss": key.email, "aud": AUDIENCE, "scope": " ".join(scopes)}
    text = f"{_packed(head)}.{_packed(body | ({'sub': subject} if subject else {}))}"
    signed = signature(key.private_key, text.encode())
    if signed is None:
        raise PersonNeeded(
            f"The private key in {SETTING} is broken, locked with a password, or not RSA.",
            cure="Make a new key for the service account in Google Cloud (JSON), and give its file unchanged.",
            code="credentials",
        )
    return f"{text}.{_unpadded(signed)}"


def _document(given: str) -> dict[str, Any]:
    text = _inline(given)
    found = _object(_contents(given) if text is None else text)
    if found is None:
        raise BadKey("it is not JSON, as a key's file is; give the path of the file, or all of its text")
    return found


def _object(text: str) -> dict[str, Any] | None:
    """Taken apart here, where the parser's error, which knows the text, ends."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _inline(given: str) -> str | None:
    """The document where the setting holds it, as it is or in base64; None where the setting is a path."""
    if given.lstrip().startswith("{"):
        return given
    try:
        text = b64decode("".join(given.split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return text if text.lstrip().startswith("{") else None


def _contents(path: str) -> str:
    why = "it names no file that can be read; give the path of a service account's key, or the key's JSON itself"
    try:
        with Path(path).open("rb") as file:
            text = file.read(MOST_BYTES + 1).decode("utf-8-sig")
    except (OSError, ValueError):
        text = None
    if text is None:
        raise BadKey(why)
    if len(text) > MOST_BYTES:
        raise BadKey("its file is too large for a key")
    return text


def _packed(value: dict[str, Any]) -> str:
    return _unpadded(json.dumps(value).encode())


def _unpadded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
