"""Standard Webhooks: the signature covers the delivery's id, its time and its raw bytes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime

from pydantic import SecretStr

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.hook import (
    Delivery,
    Endpoint,
    Event,
    Hook,
    Verified,
    in_base64,
    in_time,
    objects,
    same,
    signatures,
    unsigned,
)

SIGNATURE = "webhook-signature"
PREFIX = "whsec_"
MOST_SIGNATURES = 20  # in one header; a sender in rotation has two


class StandardWebhooks(Hook[Endpoint]):
    """The event's type is the body's `type`; a delivery is known by `webhook-id`."""

    def secrets(self, config: Endpoint) -> Sequence[SecretStr]:
        return config.secrets

    def verify(self, delivery: Delivery, config: Endpoint, now: datetime) -> Verified:
        sent_id, sent_at = delivery.header("webhook-id"), delivery.header("webhook-timestamp")
        signed = f"{sent_id}.{sent_at}.".encode() + delivery.body
        expected = in_base64(signatures([key_of(one) for one in config.secrets], signed))
        given = delivery.header(SIGNATURE).split(" ")[:MOST_SIGNATURES]
        genuine = [same(one.removeprefix("v1,"), *expected) for one in given if one.startswith("v1,")]
        if not (sent_id and any(genuine)):
            raise unsigned(SIGNATURE)
        in_time(sent_at, now)
        body = objects(delivery.json())
        if len(body) != 1:
            raise InvalidInput("A delivery carries one event.", field="body", cure="Send a JSON object.")
        kind = body[0].get("type")
        return Verified((Event(kind if isinstance(kind, str) else "event", sent_id, body[0]),))


def key_of(secret: SecretStr) -> bytes:
    """The key that a secret stands for: base64 behind `whsec_`, the text itself otherwise."""
    text = secret.get_secret_value()
    if not text.startswith(PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(
            "A secret that begins with whsec_ is not base64.", field="hooks", cure="Copy it again."
        ) from error
