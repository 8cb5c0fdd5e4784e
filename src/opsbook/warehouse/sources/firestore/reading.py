"""How the platform's documents are read: moved fields, dates of three types, money, accounts that are no customers.

Nothing is invented here. What is not there is nothing (None); what is there and cannot be read is handed on as it came,
so that the loader counts it, names it and keeps it in the quarantine.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from opsbook.sdk.values import Json

Fields = Mapping[str, Json]

INVENTED = re.compile(r"@[^@\s]+\.local$", re.IGNORECASE)  # addresses that the import of points of sale invents
LONGEST = 4000  # characters of one text: rows are for figures, not for archives
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


def first(fields: Fields, *paths: str) -> Json:
    """What stands at the first of these places that is set. Null and an empty text are not set."""
    for path in paths:
        found = _at(fields, path)
        if found is not None and found != "":
            return found
    return None


def text(fields: Fields, *paths: str) -> str | None:
    """A text; a number becomes one, anything else is written as JSON."""
    found = first(fields, *paths)
    if found is None:
        return None
    return (found if isinstance(found, str) else json.dumps(found))[:LONGEST]


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


def is_invented(address: str | None) -> bool:
    """An address that a point of sale's import invented: nobody reads it."""
    return address is not None and bool(INVENTED.search(address.strip()))


def is_test(fields: Fields, address: str | None = None) -> Json:
    """Whether no figure may count it: a test account, or one whose address nobody has. As it came when unreadable."""
    said = first(fields, "isTestAccount")
    return True if is_invented(address) else said


def hashed(value: str | None) -> str | None:
    """A phone number as what it is compared by: the hash of its digits."""
    digits = re.sub(r"[^\d+]", "", value or "")
    return hashlib.sha256(digits.encode()).hexdigest() if digits else None


def _at(fields: Any, path: str) -> Json:
    for key in path.split("."):
        if isinstance(fields, Mapping):
            fields = fields.get(key)
        elif isinstance(fields, list) and key.isdecimal() and int(key) < len(fields):
            fields = fields[int(key)]
        else:
            return None
    found: Json = fields
    return found
