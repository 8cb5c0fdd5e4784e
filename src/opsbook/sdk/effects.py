"""What a connector promises about a send, so that the ledger knows what to do after a crash."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Protocol, runtime_checkable

from opsbook.sdk.values import Json


class ConnectorClass(StrEnum):
    """What can be proven about a send whose outcome was lost."""

    A = "A"  # the provider has its own idempotency key: repeat under the same key
    B = "B"  # the provider removes duplicates of one campaign: repeat under the same campaign id
    C = "C"  # the provider can be searched: wait, search, send only if absent
    D = "D"  # nothing: at most once, a person decides
    OWN = "own"  # our own database: one transaction


class EffectState(StrEnum):
    """Where an effect stands. No run is `succeeded` while one of its effects is `uncertain`."""

    PLANNED = "planned"  # decided, nothing sent
    STARTED = "started"  # the call may have left
    DONE = "done"  # confirmed, the provider's id is stored
    FAILED = "failed"  # confirmed not done
    UNCERTAIN = "uncertain"  # cannot be known by us; a person or a search settles it


@dataclass(frozen=True)
class Button:
    """Something to press below a message, on a channel that has buttons. `value` comes back with the `action`.

    `style` is `primary`, `danger` or empty.
    """

    action: str
    label: str
    value: str
    style: str = ""


@dataclass(frozen=True)
class Parcel:
    """One message to one recipient, rendered: nothing is filled in after this.

    `key` identifies the effect for ever (not the attempt); `to` is an address of the channel (an e-mail address, a
    Slack channel id). `html` is sanitised where it is present. `headers` are extra headers of the channel; `dedup_key`
    names what the message is about, where somebody said so. `follows` is the `provider_id` of the first message about
    the same thing that this way out sent there lately: a channel with threads puts this one into that one's. A channel
    without `buttons` leaves them out: the text says what else can be done.
    """

    key: str
    to: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    severity: str = "normal"
    dedup_key: str | None = None
    follows: str | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """The provider took it. `provider_id` is what it can be found under there."""

    provider_id: str
    details: Mapping[str, Json] = field(default_factory=dict)


ITS_OWN_REASONS = frozenset({"credentials", "not_configured", "account", "vendor_policy", "quota"})


class Refused(Exception):
    """The provider confirmed that it did *not* take it; `permanent` means that a repeat is useless.

    `elsewhere` means that another provider may well take it: the reason lies with this one (its credentials, its
    account, its rules) and not with the recipient or the message. By default the codes of `ITS_OWN_REASONS` say so.
    `after_seconds` is when the provider asks to be asked again: the delivery is put off until then.
    """

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        permanent: bool = True,
        elsewhere: bool | None = None,
        after_seconds: float | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.permanent = permanent
        self.after_seconds = after_seconds
        self.elsewhere = permanent and code in ITS_OWN_REASONS if elsewhere is None else elsewhere


class Lost(Exception):
    """Bytes may have left and no answer came: nobody here can know whether it was done."""


def mark(key: str) -> str:
    """What a message of this key carries, by which its provider can be searched and tells of it: 40 hex digits."""
    return sha256(key.encode()).hexdigest()[:40]


class Connector(Protocol):
    """One way out to people. Lives in its integration's folder, in `actions.py`.

    Raises from `send`: `Refused` when it is certain that nothing was sent, `Lost` when it is not certain.
    """

    name: str
    channel: str
    effect_class: ConnectorClass
    search_after: timedelta

    async def send(self, parcel: Parcel) -> Receipt: ...

    async def find(self, key: str) -> Receipt | None:
        """Class C only: the message sent under this key, or None when the provider has none."""


@runtime_checkable
class Limited(Protocol):
    """A connector that is to take so many messages a day of UTC at most; None: as many as its provider takes.

    The ledger counts, and refuses with `quota` what goes beyond.
    """

    per_day: int | None


@runtime_checkable
class Bursting(Protocol):
    """A connector that is quicker with many messages: while `burst` lasts it keeps what it has opened."""

    def burst(self) -> AbstractAsyncContextManager[None]: ...
