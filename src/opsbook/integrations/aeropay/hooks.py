"""What Aeropay tells us of payments: signed over the body as Python writes it, with the callback's address in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from pydantic import SecretStr

from opsbook.integrations.aeropay.client import AeropayConfig
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.hook import Delivery, Event, Hook, Verified, live, objects, same, signatures, text_at, unsigned
from opsbook.sdk.values import digest

SIGNATURE = "ap-signature"


class AeropayHook(Hook[AeropayConfig]):
    """The event's type is its `topic`. There is no time stamp in the proof; a repeat is known by its content."""

    def secrets(self, config: AeropayConfig) -> Sequence[SecretStr]:
        return live(config.webhook_secret, config.webhook_secret_previous)

    def verify(self, delivery: Delivery, config: AeropayConfig, now: datetime) -> Verified:
        try:  # the body must be read to be checked: that is how it is signed
            body = objects(delivery.json())[0]
        except InvalidInput as error:
            raise unsigned(SIGNATURE) from error
        written = json.dumps({**body, "url": config.webhook_url or delivery.url}).encode()
        digests = signatures(self.secrets(config), written)
        if not same(delivery.header(SIGNATURE), *(one.hex() for one in digests)):
            raise unsigned(SIGNATURE)
        return Verified((Event(text_at(body, "topic"), digest(body), body),))


HOOK = AeropayHook
