"""What a door for inbound events is: one sender, its proof that a delivery is its own, and what the delivery says.

A `Hook` is pure but for `confirm`: it reads bytes and headers and raises what is wrong with them, `BadSignature` (401)
before anything in the body is believed, `InvalidInput` (400) for a body that makes no sense.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import SecretStr

from opsbook.sdk.errors import CallerMistake, InvalidInput
from opsbook.sdk.integration import Integration
from opsbook.sdk.strict_json import strict_json
from opsbook.sdk.values import Json, JsonObject

TOLERANCE = timedelta(minutes=5)
MOST_EVENTS = 1000  # in one delivery
LONGEST_NAME = 100
_SECONDS = re.compile(r"[0-9]{1,15}")
_NO_NAME = re.compile(r"[^a-z0-9_.]+")


class BadSignature(CallerMistake):
    """The delivery does not prove who sent it. Nothing of it was read."""

    code = "bad_signature"
    exit_code = 9
    http_status = 401


@dataclass(frozen=True)
class Delivery:
    """One request as it came in: `headers` have lower-case names, `url` is the address that the sender was given."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    url: str = ""

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def json(self) -> Json:
        """The body. Raises `InvalidInput`."""
        return strict_json(self.body)


@dataclass(frozen=True)
class OptOut:
    """Somebody who must not be written to again, and why."""

    channel: str
    address: str
    reason: str


class Fate(StrEnum):
    """What a provider can say of a message that it took. A later one of these outweighs an earlier one."""

    SOFT_BOUNCED = "soft_bounced"  # not delivered for now: a full mailbox, a server that is down
    DELIVERED = "delivered"  # the recipient's server has it
    OPENED = "opened"  # its pictures were loaded, perhaps by a program
    CLICKED = "clicked"
    BOUNCED = "bounced"  # the recipient's server refused it for good, or the provider did not try
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"  # the recipient calls it spam


@dataclass(frozen=True)
class MessageReceipt:
    """A provider's word about one message: which by the `mark` that it was sent with, or by the provider's id of it.

    `at` is when it happened as the provider says, None when it does not say.
    """

    fate: Fate
    address: str
    mark: str = ""
    provider_id: str = ""
    at: datetime | None = None
    detail: str = ""


@dataclass(frozen=True)
class Press:
    """One of our buttons that somebody pressed: `user` is their id at the sender's."""

    action: str
    value: str
    user: str


@dataclass(frozen=True)
class Event:
    """One thing that happened. `key` tells a repeated delivery of it from another event; `body` is what was said.

    `type` is the sender's own word; `named` makes a name of it.
    """

    type: str
    key: str
    body: JsonObject
    opt_out: OptOut | None = None
    receipt: MessageReceipt | None = None

    def named(self, source: str) -> str:
        """The name that triggers are written with: `<source>.<type>` in lower case, other signs as underscores."""
        parts = (_NO_NAME.sub("_", part).strip("_") for part in self.type.lower().split("."))
        kind = ".".join(part for part in parts if part) or "event"
        return f"{source}.{kind}"[:LONGEST_NAME].rstrip(".")


@dataclass(frozen=True)
class Verified:
    """What a genuine delivery says. `answer` is what the sender wants to hear instead of our usual answer."""

    events: tuple[Event, ...] = ()
    answer: JsonObject | None = None


@dataclass(frozen=True)
class Endpoint:
    """The configuration of a door of the deployment's own: its live secrets."""

    secrets: tuple[SecretStr, ...]


C = TypeVar("C")


class Hook(ABC, Generic[C]):
    """One sender's way of proving and telling. `C` is its configuration.

    `confirms`: deliveries prove nothing, and an event counts only when `confirm` says so. `silent`: the sender takes a
    body in our answer for an instruction, so there is none.
    """

    confirms: ClassVar[bool] = False
    silent: ClassVar[bool] = False

    @abstractmethod
    def secrets(self, config: C) -> Sequence[SecretStr]:
        """The live secrets, two during a rotation. Without any the door is closed."""

    @abstractmethod
    def verify(self, delivery: Delivery, config: C, now: datetime) -> Verified:
        """What the delivery says, once it has proved who sent it.

        Raises:
            BadSignature: it is not signed, not by a live secret, or too long ago.
            InvalidInput: it is genuine, and its body cannot be read.
        """

    def press(self, body: JsonObject, config: C) -> Press | None:
        """The button of ours that a genuine event tells of, None for any other event."""
        return None

    async def confirm(self, body: JsonObject, system: Integration[Any]) -> JsonObject | None:
        """What the sender's own records say of the event, None when they say otherwise. Reads only; safe to repeat.

        Raises the errors of `HttpClient`.
        """
        return body


def same(given: str | bytes, *expected: str | bytes) -> bool:
    """Whether it is one of these: digests are compared, so any length takes the same time, and all are compared."""
    seen = _digest(given)
    equal = [hmac.compare_digest(seen, _digest(one)) for one in expected]
    return any(equal)


def signatures(secrets: Iterable[SecretStr | bytes], signed: bytes) -> list[bytes]:
    """HMAC-SHA256 of the signed bytes under each secret."""
    keys = (one if isinstance(one, bytes) else one.get_secret_value().encode() for one in secrets)
    return [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]


def in_base64(digests: Iterable[bytes]) -> list[str]:
    """Digests as text, as senders write them."""
    return [base64.b64encode(one).decode() for one in digests]


def in_time(text: str, now: datetime, *, milliseconds: bool = False) -> None:
    """Refuse a time stamp that is more than five minutes away, or none. Raises `BadSignature`."""
    if not _SECONDS.fullmatch(text):
        raise BadSignature("The delivery carries no readable time stamp.")
    sent = int(text) / (1000 if milliseconds else 1)
    if abs(now.timestamp() - sent) > TOLERANCE.total_seconds():
        raise BadSignature("The delivery is older than five minutes, or from the future.", cure="Check both clocks.")


def unsigned(name: str) -> BadSignature:
    """The refusal of a delivery whose signature is missing or wrong."""
    return BadSignature("The delivery is not signed with a live secret.", cure=f"Its proof is the header {name}.")


def basic_credentials(header: str) -> bytes:
    """`user:password` of an Authorization header, empty when it holds none."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(coded.strip().encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return b""


def live(*secrets: SecretStr | None) -> tuple[SecretStr, ...]:
    """Those that are set: the present one, and the one before during a rotation."""
    return tuple(one for one in secrets if one is not None)


def objects(value: Json) -> list[JsonObject]:
    """The objects of a delivery that holds one or a list of them, `MOST_EVENTS` at most. Raises `InvalidInput`."""
    found = value if isinstance(value, list) else [value]
    if len(found) > MOST_EVENTS:
        raise InvalidInput("There are too many events in one delivery.", field="body", cure=f"Send {MOST_EVENTS}.")
    kept = [one for one in found if isinstance(one, dict)]
    if len(kept) != len(found) or not kept:
        raise InvalidInput("The body holds something that is no event.", field="body", cure="Send JSON objects.")
    return kept


def text_at(body: JsonObject, name: str) -> str:
    """The text of a member that must be there. Raises `InvalidInput`."""
    found = body.get(name)
    if not isinstance(found, str) or not found:
        raise InvalidInput(f"The event has no {name}.", field=name, cure=f"{name} is a text.")
    return found


def _digest(value: str | bytes) -> bytes:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value).digest()
