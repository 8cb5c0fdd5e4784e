"""Every way out to people that speaks HTTP, in front of a provider that can ask to come back later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from opsbook.effects.delivery import Door, Origin
from opsbook.effects.ledger import Ledger, effect_key
from opsbook.integrations.configuration import configure
from opsbook.records.effects import Effects
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.effects import Connector
from opsbook.sdk.http import Answer, HttpClient, Sent
from opsbook.sdk.testing import json_answer
from opsbook.sdk.values import JsonObject
from opsbook.sdk.work import Message

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MAIL, CHANNEL, PHONE = "owner@example.com", "C000000001", "15550100123"
PUT_OFF = ("429", "503")
FORMS = ("seconds", "date")


@dataclass(frozen=True)
class Way:
    """A system's settings, whom it reaches, and what its provider answers to a message that it takes, in order."""

    system: str
    settings: dict[str, Any]
    to: str
    took: Sequence[Answer]


_TAKEN = {"Status": "success", "To": [{"Email": MAIL, "MessageID": 7, "MessageUUID": "u"}], "Errors": []}
WAYS: dict[str, Way] = {
    "mailjet": Way(
        "mailjet",
        {"api_key": "public", "secret_key": "private", "sender": "ops@example.com"},
        MAIL,
        (json_answer({"Messages": [_TAKEN]}),),
    ),
    "ses": Way(
        "ses",
        {"access_key_id": "public", "secret_access_key": "private", "sender": "ops@example.com"},
        MAIL,
        (json_answer({"MessageId": "ses-1"}),),
    ),
    "gmail": Way(
        "gmail",
        {"access_token": "private", "sender": "ops@example.com"},
        MAIL,
        (json_answer({"id": "draft-1"}), json_answer({"id": "mail-1", "labelIds": ["SENT"]})),
    ),
    "slack_bot": Way(
        "slack",
        {"bot_token": "xoxb-private", "alert_channel": CHANNEL},
        CHANNEL,
        (json_answer({"ok": True, "channel": CHANNEL, "ts": "1700000000.000100"}),),
    ),
    "slack_webhook": Way(
        "slack", {"webhook_url": "https://hooks.slack.com/services/private"}, "webhook", (Answer(200, b"ok"),)
    ),
    "blackleaf": Way("blackleaf", {"api_key": "private"}, PHONE, (json_answer({"success": True, "id": "sms-1"}),)),
}


@dataclass
class Provider:
    """Puts off the first requests, then takes the messages. `asked` holds when each request came."""

    clock: SteppedClock
    took: Sequence[Answer]
    put_off: list[Answer] = field(default_factory=list)
    asked: list[timedelta] = field(default_factory=list)
    taken: int = 0
    _turn: int = 0

    def __call__(self, sent: Sent) -> Answer:
        self.asked.append(self.clock.now() - NOW)
        if self.put_off:
            return self.put_off.pop(0)
        answer = self.took[self._turn % len(self.took)]
        self._turn += 1
        self.taken += self._turn % len(self.took) == 0
        return answer


def later(status: str, form: str, seconds: int = 30, at: datetime = NOW) -> Answer:
    """An answer that asks to come back after so many seconds, in words that HTTP has for it."""
    text = str(seconds) if form == "seconds" else format_datetime(at + timedelta(seconds=seconds), usegmt=True)
    return Answer(int(status), b"{}", {"retry-after": text, "content-type": "application/json"})


@dataclass
class Post:
    """The door to people of one deployment, with one provider behind it. Sleeping moves the clock."""

    door: Door
    provider: Provider
    connector: Connector
    clock: SteppedClock
    slept: list[float]

    async def tell(self, run_id: str = "run_1") -> JsonObject:
        """One message of a run; the same run again is the same message."""
        origin = Origin(run_id, "steps/0", None, lambda item: effect_key(run_id, "steps/0", item))
        message = Message((self.connector.channel,), ("owner",), "Health", "All is well.")
        (row,) = await self.door.deliver(message, origin)
        return row


@dataclass
class _Book:
    to: str

    def of(self, channel: str, to: Sequence[str]) -> Sequence[tuple[str, str]]:
        return [(name, self.to) for name in to]


def connector_of(way: Way, transport: Any, clock: SteppedClock) -> Connector:
    http = HttpClient(transport=transport, clock=clock)
    (connector,) = configure({way.system: way.settings}, {}, http)[way.system].connectors()
    return connector


@contextmanager
def post(name: str, put_off: Sequence[Answer], folder: Path | None = None, at: datetime = NOW) -> Iterator[Post]:
    """A deployment with one way out; on the same folder it is the same one after a restart."""
    way, clock, slept = WAYS[name], SteppedClock(at), []
    provider = Provider(clock, way.took, list(put_off))
    connector = connector_of(way, provider, clock)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.forward(timedelta(seconds=seconds))

    with TemporaryDirectory() as own:
        store = Store(f"sqlite:///{folder or own}/ledger.db")
        metadata.create_all(store.engine, [metadata.tables[name] for name in ("effects", "contacts")])
        door = Door(Ledger(Effects(store), clock, sleep), {connector.channel: [connector]}, _Book(way.to))
        yield Post(door, provider, connector, clock, slept)
        store.close()


async def comes_back_as_asked(name: str) -> bool:
    """Whether a message that is put off, in every form, goes out at the time that was asked for, and once."""
    for status in PUT_OFF:
        for form in FORMS:
            with post(name, [later(status, form)]) as one:
                row = await one.tell()
                if (row["state"], one.provider.taken) != ("done", 1):
                    return False
                if one.provider.asked[:2] != [timedelta(0), timedelta(seconds=30)]:
                    return False
    return True
