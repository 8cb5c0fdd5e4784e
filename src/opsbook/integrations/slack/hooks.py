"""What Slack tells us: pressed buttons and subscribed events, signed over the raw body with a time stamp."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from urllib.parse import parse_qs

from pydantic import SecretStr

from opsbook.integrations.slack.buttons import press_in
from opsbook.integrations.slack.client import SlackConfig
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.hook import (
    Delivery,
    Event,
    Hook,
    Press,
    Verified,
    in_time,
    live,
    objects,
    same,
    signatures,
    text_at,
    unsigned,
)
from opsbook.sdk.strict_json import strict_json
from opsbook.sdk.values import Json, JsonObject

SIGNATURE = "x-slack-signature"
FORM = "application/x-www-form-urlencoded"
CREDENTIALS = frozenset({"token", "response_url", "response_urls"})  # who holds them may act in Slack


class SlackHook(Hook[SlackConfig]):
    """A button is `block_actions.<action id>`, an event of the Events API has its own type."""

    silent = True

    def secrets(self, config: SlackConfig) -> Sequence[SecretStr]:
        return live(config.signing_secret, config.signing_secret_previous)

    def verify(self, delivery: Delivery, config: SlackConfig, now: datetime) -> Verified:
        at = delivery.header("x-slack-request-timestamp")
        digests = signatures(self.secrets(config), f"v0:{at}:".encode() + delivery.body)
        if not same(delivery.header(SIGNATURE), *(f"v0={one.hex()}" for one in digests)):
            raise unsigned(SIGNATURE)
        in_time(at, now)
        body = objects(_said(delivery))[0]
        kind = text_at(body, "type")
        if kind == "url_verification":
            return Verified(answer={"challenge": text_at(body, "challenge")})
        kept = {name: value for name, value in body.items() if name not in CREDENTIALS}
        return Verified((Event(_type_of(kind, body), _key(body, delivery.body), kept),))

    def press(self, body: JsonObject, config: SlackConfig) -> Press | None:
        return press_in(body, config.team_id)


def _said(delivery: Delivery) -> Json:
    """JSON as it is, or the one field `payload` of a form."""
    if not delivery.header("content-type").lower().startswith(FORM):
        return delivery.json()
    try:
        payload = parse_qs(delivery.body.decode("utf-8"), max_num_fields=20).get("payload", [])
    except ValueError as error:
        raise InvalidInput("The form cannot be read.", field="body", cure="Send it in UTF-8.") from error
    if len(payload) != 1:
        raise InvalidInput("The form has no payload.", field="payload", cure="Interactive messages carry one.")
    return strict_json(payload[0].encode("utf-8"))


def _type_of(kind: str, body: JsonObject) -> str:
    inner = body.get("event")
    if kind == "event_callback" and isinstance(inner, dict):
        return text_at(inner, "type")
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    action = first.get("action_id") if isinstance(first, dict) else None
    return f"{kind}.{action}" if isinstance(action, str) and action else kind


def _key(body: JsonObject, raw: bytes) -> str:
    """An event's id, an interaction's trigger; the body itself where there is neither."""
    for name in ("event_id", "trigger_id"):
        found = body.get(name)
        if isinstance(found, str) and found:
            return f"{name}:{found}"
    return sha256(raw).hexdigest()


HOOK = SlackHook
