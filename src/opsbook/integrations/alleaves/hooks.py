"""What Alleaves tells us: a hint that something changed, signed over the raw body. Its form is documented nowhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from pydantic import SecretStr

from opsbook.integrations.alleaves.client import AlleavesConfig
from opsbook.sdk.hook import Delivery, Event, Hook, Verified, live, objects, same, signatures, unsigned
from opsbook.sdk.values import JsonObject

SIGNATURE = "x-alleaves-signature"
TYPES = ("type", "event", "event_type", "topic")
AN_ID = re.compile(r"(?:.*_)?id(?:_.*)?|.*Id")


class AlleavesHook(Hook[AlleavesConfig]):
    """Of a delivery only its type and its ids are kept: a playbook reads the object itself, from Alleaves."""

    def secrets(self, config: AlleavesConfig) -> Sequence[SecretStr]:
        return live(config.webhook_secret, config.webhook_secret_previous)

    def verify(self, delivery: Delivery, config: AlleavesConfig, now: datetime) -> Verified:
        digests = signatures(self.secrets(config), delivery.body)
        if not same(delivery.header(SIGNATURE), *(one.hex() for one in digests)):
            raise unsigned(SIGNATURE)
        body = objects(delivery.json())[0]
        kind = next((str(body[name]) for name in TYPES if isinstance(body.get(name), str)), "changed")
        return Verified((Event(kind, sha256(delivery.body).hexdigest(), _hint(kind, body)),))


def _hint(kind: str, body: JsonObject) -> JsonObject:
    inner = body.get("data")
    members = {**(inner if isinstance(inner, dict) else {}), **body}
    ids = {name: value for name, value in members.items() if AN_ID.fullmatch(name) and isinstance(value, int | str)}
    return {"type": kind, **ids}


HOOK = AlleavesHook
