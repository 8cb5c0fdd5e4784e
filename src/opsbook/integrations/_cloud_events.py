"""CloudEvents 1.0 over HTTP: structured, batched and binary. The sender shows a bearer secret; nothing is signed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import SecretStr

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.hook import Delivery, Endpoint, Event, Hook, Verified, objects, same, text_at, unsigned
from opsbook.sdk.values import JsonObject

STRUCTURED = "application/cloudevents"
VERSION = "1.0"


class CloudEvents(Hook[Endpoint]):
    """The event's type is its `type`; `source` and `id` together are unique, as the specification asks of senders."""

    def secrets(self, config: Endpoint) -> Sequence[SecretStr]:
        return config.secrets

    def verify(self, delivery: Delivery, config: Endpoint, now: datetime) -> Verified:
        scheme, _, token = delivery.header("authorization").partition(" ")
        genuine = same(token.strip(), *(one.get_secret_value() for one in config.secrets))
        if scheme.lower() != "bearer" or not genuine:
            raise unsigned("Authorization, as a bearer")
        return Verified(tuple(_event(one) for one in _envelopes(delivery)))


def _envelopes(delivery: Delivery) -> list[JsonObject]:
    content = delivery.header("content-type").lower()
    if content.startswith(STRUCTURED):
        return objects(delivery.json())
    attributes: JsonObject = {
        name.removeprefix("ce-"): text for name, text in delivery.headers.items() if name.startswith("ce-")
    }
    if not delivery.body:
        return [attributes]
    if content and "json" not in content:  # a sender that names no type sends JSON
        raise InvalidInput("The event's data is not JSON.", field="Content-Type", cure="Send application/json.")
    return [{**attributes, "data": delivery.json()}]


def _event(envelope: JsonObject) -> Event:
    if envelope.get("specversion") != VERSION:
        raise InvalidInput("The event is no CloudEvent.", field="specversion", cure=f"specversion is {VERSION}.")
    key = f"{text_at(envelope, 'source')}\n{text_at(envelope, 'id')}"
    return Event(text_at(envelope, "type"), key, envelope)
