"""What Mailjet tells us of mail: nothing is signed; the callback's address carries a name and a password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import SecretStr

from opsbook.integrations._verdicts import CODE
from opsbook.integrations.mailjet.client import MailjetConfig
from opsbook.sdk.hook import (
    Delivery,
    Event,
    Fate,
    Hook,
    MessageReceipt,
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

FATES: Mapping[str, Fate] = {
    "sent": Fate.DELIVERED,  # Mailjet's word for "the recipient's server has it"
    "open": Fate.OPENED,
    "click": Fate.CLICKED,
    "bounce": Fate.BOUNCED,
    "blocked": Fate.BOUNCED,
    "spam": Fate.COMPLAINED,
    "unsub": Fate.UNSUBSCRIBED,
}
STOPS: Mapping[str, str] = {"bounce": "bounced", "blocked": "blocked", "spam": "complained", "unsub": "unsubscribed"}
LONGEST_ADDRESS, LONGEST_ID = 320, 64
LAST_MOMENT = 253_402_300_799  # the end of the year 9999, in seconds


class MailjetHook(Hook[MailjetConfig]):
    """Events come alone or in batches. After a hard bounce, blocked, spam and unsub the address gets no more mail."""

    def secrets(self, config: MailjetConfig) -> Sequence[SecretStr]:
        return live(config.webhook_password, config.webhook_password_previous) if config.webhook_user else ()

    def verify(self, delivery: Delivery, config: MailjetConfig, now: datetime) -> Verified:
        given = basic_credentials(delivery.header("authorization"))
        pairs = [f"{config.webhook_user}:{one.get_secret_value()}" for one in self.secrets(config)]
        if not same(given, *pairs):
            raise unsigned("Authorization, with the callback's name and password")
        return Verified(tuple(_event(body) for body in objects(delivery.json())))


def _event(body: JsonObject) -> Event:
    kind, address = text_at(body, "event"), _address(body.get("email"))
    if address is None or kind not in FATES:
        return Event(kind, digest(body), body)
    soft = kind == "bounce" and body.get("hard_bounce") is False
    stop = OptOut("email", address, STOPS[kind]) if kind in STOPS and not soft else None
    receipt = MessageReceipt(
        fate=Fate.SOFT_BOUNCED if soft else FATES[kind],
        address=address,
        mark=_id(body.get("CustomID")),
        provider_id=_id(body.get("MessageID")),
        at=_moment(body.get("time")),
        detail=_detail(kind, body.get("error")),
    )
    return Event(kind, digest(body), body, stop, receipt)


def _address(value: Json) -> str | None:
    """A mail address as the records keep it, None for what can be none."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return text if "@" in text and text.isprintable() and len(text) <= LONGEST_ADDRESS else None


def _id(value: Json) -> str:
    """An id, which comes as a number or as a text; empty for what can be none."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isprintable() and text != "0" and len(text) <= LONGEST_ID else ""


def _moment(value: Json) -> datetime | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LAST_MOMENT
    return datetime.fromtimestamp(int(str(value)), UTC) if whole else None


def _detail(kind: str, error: Json) -> str:
    """Why it did not arrive, in Mailjet's own word; its prose could repeat an address."""
    word = error.strip().replace(" ", "_").lower() if isinstance(error, str) else ""
    return word if CODE.fullmatch(word) else kind if kind == "blocked" else ""


HOOK = MailjetHook
