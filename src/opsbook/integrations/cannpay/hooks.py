"""What CannPay tells us of payments. Nothing is signed: an event counts when the vendor's own record says the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import SecretStr

from opsbook.integrations.cannpay.client import CannPay, CannPayConfig
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.hook import Delivery, Event, Hook, Verified, objects, text_at
from opsbook.sdk.integration import Integration
from opsbook.sdk.values import Json, JsonObject

INTENT = re.compile(r"[A-Za-z0-9_-]{4,100}")
LONGEST_STATUS = 60
KEPT = ("intent_id", "status", "amount")


class CannPayHook(Hook[CannPayConfig]):
    """An event is `transaction.<status>`. It starts nothing before `transactiondetails` has confirmed it."""

    confirms = True

    def secrets(self, config: CannPayConfig) -> Sequence[SecretStr]:
        return (config.api_secret,)

    def verify(self, delivery: Delivery, config: CannPayConfig, now: datetime) -> Verified:
        body = objects(delivery.json())[0]
        intent, status = text_at(body, "intent_id"), text_at(body, "status")
        if not INTENT.fullmatch(intent) or len(status) > LONGEST_STATUS:
            raise InvalidInput("The event names no payment.", field="intent_id", cure="Send its intent_id and status.")
        kept: JsonObject = {name: body.get(name) for name in KEPT}
        said = [kept["amount"] if isinstance(kept["amount"], int | float | str) else None, status]
        return Verified((Event(f"transaction.{status}", f"{intent}\n{said}"[:1000], kept),))

    async def confirm(self, body: JsonObject, system: Integration[Any]) -> JsonObject | None:
        """The vendor's record of the payment, when status and amount are what the event says."""
        assert isinstance(system, CannPay)
        found = await system.transaction(str(body["intent_id"]))
        if found is None or not _same_text(found.get("status"), body["status"]):
            return None
        if body["amount"] is not None and not _same_amount(found.get("amount"), body["amount"]):
            return None
        return {**found, "intent_id": body["intent_id"]}


def _same_text(one: Json, other: Json) -> bool:
    return str(one).strip().casefold() == str(other).strip().casefold()


def _same_amount(one: Json, other: Json) -> bool:
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return False


HOOK = CannPayHook
