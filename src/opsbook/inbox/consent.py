"""Whether somebody may be written to: the one function that decides it, for drafting and again for sending.

Business contacts (users of an organisation that is our customer) need no opt-in, but every opt-out, theirs or their
organisation's, and the suppression list stand above everything. Consumers (role `customer`) need a recorded consent.
What is unknown excludes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from opsbook.inbox.audience import Contact, Organization
from opsbook.records.campaigns import Campaigns as CampaignRows
from opsbook.sdk.values import Unknown

BETWEEN_CAMPAIGNS = timedelta(days=30)
CONSUMER = "customer"
NOWHERE = (".local", ".localhost", ".invalid", "@localhost")  # invented by imports; no mail server is behind them
_ADDRESS = re.compile(r"[^@\s<>(),;:\"\\]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
LONGEST_ADDRESS = 254


class Exclusion(StrEnum):
    """Why somebody is not written to, in the order in which the reasons are looked at."""

    NO_CONTACT = "no_contact"  # the organisation has nobody to write to
    CONTACTS_UNKNOWN = "contacts_unknown"  # whom it has could not be read
    NO_ADDRESS = "no_address"
    INVALID_ADDRESS = "invalid_address"
    PLACEHOLDER_ADDRESS = "placeholder_address"
    TEST_ACCOUNT = "test_account"
    SUPPRESSED = "suppressed"  # bounced, complained, unsubscribed or named by a person
    UNSUBSCRIBED = "unsubscribed"
    ORGANIZATION_OPTED_OUT = "organization_opted_out"
    CONSENT_UNKNOWN = "consent_unknown"  # an opt-out or a consent could not be read
    NO_CONSENT = "no_consent"  # a consumer who never said yes
    CONTACTED_RECENTLY = "contacted_recently"
    DUPLICATE_ADDRESS = "duplicate_address"  # the same campaign writes to this address already
    NO_LONGER_A_CONTACT = "no_longer_a_contact"  # of the organisation, at the time of sending
    ADDRESS_CHANGED = "address_changed"  # since the letter was approved
    UNBACKED = "unbacked_claim"  # the letter would have said what no fact carries


@dataclass(frozen=True)
class Standing:
    """What our own records say of addresses: who is suppressed, and when a campaign last reached whom."""

    suppressed: Mapping[str, str] = field(default_factory=dict)
    contacted: Mapping[str, datetime] = field(default_factory=dict)


def standing(rows: CampaignRows, channel: str, addresses: Iterable[str], at: datetime) -> Standing:
    """The records' word on these addresses, as of now. Addresses are in lower case."""
    wanted = sorted({address for address in addresses if address})
    return Standing(rows.suppressed(channel, wanted), rows.contacted_since(channel, wanted, at - BETWEEN_CAMPAIGNS))


def exclusion(contact: Contact, organization: Organization, standing: Standing, at: datetime) -> Exclusion | None:
    """Why this contact may not be written to at `at`, or None when they may. The first reason that holds."""
    address = contact.address
    if not address:
        return Exclusion.NO_ADDRESS
    if address.endswith(NOWHERE):
        return Exclusion.PLACEHOLDER_ADDRESS
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address) or ".." in address:
        return Exclusion.INVALID_ADDRESS
    if contact.is_test is True:
        return Exclusion.TEST_ACCOUNT
    if address in standing.suppressed:
        return Exclusion.SUPPRESSED
    if isinstance(contact.email_unsubscribed_at, str) and contact.email_unsubscribed_at:
        return Exclusion.UNSUBSCRIBED
    if contact.email_opt_out is True or organization.email_opt_out is True:
        return Exclusion.ORGANIZATION_OPTED_OUT
    if _cannot_tell(contact, organization):
        return Exclusion.CONSENT_UNKNOWN
    if contact.role == CONSUMER and contact.email_consent is not True:
        return Exclusion.NO_CONSENT
    last = standing.contacted.get(address)
    if last is not None and last > at - BETWEEN_CAMPAIGNS:
        return Exclusion.CONTACTED_RECENTLY
    return None


def basis(contact: Contact) -> str:
    """On what ground somebody who may be written to is written to."""
    return "recorded_consent" if contact.role == CONSUMER else "business_contact"


def _cannot_tell(contact: Contact, organization: Organization) -> bool:
    deciding = (
        contact.is_test,
        contact.email_unsubscribed_at,
        contact.email_opt_out,
        contact.role,
        organization.email_opt_out,
    )
    return any(isinstance(value, Unknown) for value in deciding)
