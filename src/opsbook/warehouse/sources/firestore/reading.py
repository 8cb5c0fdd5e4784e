"""How the platform's documents are read: moved fields, dates of three types, money, accounts that are no customers.

Nothing is invented here. What is not there is nothing (None); what is there and cannot be read is handed on as it came,
so that the loader counts it, names it and keeps it in the quarantine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from opsbook.sdk.values import Json
from opsbook.warehouse.sources import _fields
from opsbook.warehouse.sources._fields import LONGEST, Fields, first, is_invented

MONTHS = {
    "month": 1,
    "monthly": 1,
    "quarter": 3,
    "quarterly": 3,
    "annual": 12,
    "annually": 12,
    "year": 12,
    "yearly": 12,
}
ORGANIZATION_OF_USER = (
    "currentOrgId",
    "organizationIds.0",
    "brandId",
    "locationId",
    "dispensaryId",
    "organizationId",
    "orgId",
    "tenantId",
)


def text(fields: Fields, *paths: str) -> str | None:
    """A text, cut where it is too long to be of use; a number becomes one, anything else is written as JSON."""
    found = _fields.text(fields, *paths)
    return None if found is None else found[:LONGEST]


def time(fields: Fields, *paths: str) -> str | None:
    """A date for the loader, which reads RFC 3339 and numbers of seconds, ms or µs.

    A Timestamp arrives as RFC 3339; one that somebody stored as a map says its seconds.
    """
    found = first(fields, *paths)
    if isinstance(found, Mapping):
        seconds = found.get("seconds", found.get("_seconds"))
        found = seconds if isinstance(seconds, int) and not isinstance(seconds, bool) else json.dumps(found)
    return None if found is None else (found if isinstance(found, str) else json.dumps(found))[:LONGEST]


def cents(fields: Fields, *paths: str) -> Json:
    """An amount of the currency's main unit in hundredths, half a hundredth away from zero."""
    found = first(fields, *paths)
    if found is None:
        return None
    try:
        amount = Decimal("NaN" if isinstance(found, bool) else str(found).strip())
        if not amount.is_finite():
            raise InvalidOperation
        return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))
    except InvalidOperation:
        return json.dumps(found)[:LONGEST]


def months(fields: Fields) -> Json:
    """How many months an amount pays for: `intervalMonths`, else the word of `billingPeriod`. None: not said."""
    said = first(fields, "intervalMonths")
    if said is not None:
        return said
    word = first(fields, "billingPeriod", "billing.period")
    return None if word is None else MONTHS.get(str(word).strip().lower(), json.dumps(word)[:LONGEST])


def is_test(fields: Fields, address: str | None = None) -> Json:
    """Whether no figure may count it: a test account, or one whose address nobody has. As it came when unreadable."""
    said = first(fields, "isTestAccount")
    return True if is_invented(address) else said
