"""What Mailjet tells us of mail: nothing is signed; the callback's address carries a name and a password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import SecretStr

from opsbook.integrations.mailjet.client import MailjetConfig
from opsbook.sdk.hook import (
    Delivery,
    Event,
    Hook,
    OptOut,
    Verified,
    basic_credentials,
    live,
    objects,
    same,
    text_at,
    unsigned,
)
from opsbook.sdk.values import Json, JsonObject, digest

STOPS: Mapping[str, str] = {"bounce": "bounced", "blocked": "blocked", "spam": "complained", "unsub": "unsubscribed"}
LONGEST_ADDRESS = 320


class MailjetHook(Hook[MailjetConfig]):
    """Events come alone or in batches. After bounce, blocked, spam and unsub the address is not written to again."""

    def secrets(self, config: MailjetConfig) -> Sequence[SecretStr]:
        return live(config.webhook_password, config.webhook_password_previous) if config.webhook_user else ()

    def verify(self, delivery: Delivery, config: MailjetConfig, now: datetime) -> Verified:
        given = basic_credentials(delivery.header("authorization"))
        pairs = [f"{config.webhook_user}:{one.get_secret_value()}" for one in self.secrets(config)]
        if not same(given, *pairs):
            raise unsigned("Authorization, with the callback's name and password")
        return Verified(tuple(_event(body) for body in objects(delivery.json())))


def _event(body: JsonObject) -> Event:
    kind = text_at(body, "event")
    reason, address = STOPS.get(kind), _address(body.get("email"))
    return Event(kind, digest(body), body, OptOut("email", address, reason) if reason and address else None)


def _address(value: Json) -> str | None:
    """A mail address as the records keep it, None for what can be none."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return text if "@" in text and text.isprintable() and len(text) <= LONGEST_ADDRESS else None


HOOK = MailjetHook
