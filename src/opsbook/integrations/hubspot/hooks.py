"""What HubSpot tells us: changes of records, signed (version 3) over method, address, raw body and time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import SecretStr

from opsbook.integrations.hubspot.client import HubSpotConfig
from opsbook.sdk.hook import (
    Delivery,
    Event,
    Hook,
    Verified,
    in_base64,
    in_time,
    live,
    objects,
    same,
    signatures,
    text_at,
    unsigned,
)
from opsbook.sdk.values import digest

SIGNATURE = "x-hubspot-signature-v3"
ATTEMPT = "attemptNumber"  # the one thing in which a repeated delivery differs


class HubSpotHook(Hook[HubSpotConfig]):
    """Events come in batches; each is of its `subscriptionType`. Their ids are not unique, so the whole event is."""

    def secrets(self, config: HubSpotConfig) -> Sequence[SecretStr]:
        return live(config.client_secret, config.client_secret_previous)

    def verify(self, delivery: Delivery, config: HubSpotConfig, now: datetime) -> Verified:
        at = delivery.header("x-hubspot-request-timestamp")
        signed = f"POST{delivery.url}".encode() + delivery.body + at.encode()
        if not same(delivery.header(SIGNATURE), *in_base64(signatures(self.secrets(config), signed))):
            raise unsigned(SIGNATURE)
        in_time(at, now, milliseconds=True)
        found = []
        for body in objects(delivery.json()):
            same_each_time = {name: value for name, value in body.items() if name != ATTEMPT}
            found.append(Event(text_at(body, "subscriptionType"), digest(same_each_time), same_each_time))
        return Verified(tuple(found))


HOOK = HubSpotHook
