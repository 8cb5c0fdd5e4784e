"""From an audience to those who are written to, and those who are not, each with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from opsbook.inbox.audience import Contact, Organization
from opsbook.inbox.consent import Exclusion, Standing, exclusion
from opsbook.records.rows import Row
from opsbook.sdk.values import Unknown


def choose(
    organizations: Sequence[Organization], known: Standing, at: datetime
) -> tuple[list[tuple[Organization, Contact]], list[Row]]:
    """Who is written to, and who is not with the reason; nobody is in both, and no address is written to twice."""
    chosen: list[tuple[Organization, Contact]] = []
    left_out: dict[tuple[str, str], Row] = {}
    addresses: set[str] = set()
    ids: set[str] = set()

    def leave_out(organization: Organization, contact_id: str, reason: Exclusion) -> None:
        row = exclusion_row(organization, contact_id, reason)
        left_out.setdefault((organization.organization_id, contact_id), row)

    for organization in organizations:
        contacts = contacts_of(organization)
        if not contacts:
            unread = isinstance(organization.contacts, Unknown)
            leave_out(organization, "", Exclusion.CONTACTS_UNKNOWN if unread else Exclusion.NO_CONTACT)
        for contact in contacts:
            reason = exclusion(contact, organization, known, at)
            if reason is None and (contact.address in addresses or contact.contact_id in ids):
                reason = Exclusion.DUPLICATE_ADDRESS
            if reason is not None:
                leave_out(organization, contact.contact_id, reason)
                continue
            addresses.add(contact.address)
            ids.add(contact.contact_id)
            chosen.append((organization, contact))
    return chosen, list(left_out.values())


def exclusion_row(organization: Organization, contact_id: str, reason: Exclusion) -> Row:
    """One who is not written to. Without a `contact_id` it is the organisation as a whole."""
    return {"organization_id": organization.organization_id, "contact_id": contact_id, "reason": reason.value}


def contacts_of(organization: Organization) -> list[Contact]:
    """Its contacts; none when it has none or when nobody could tell."""
    return organization.contacts if isinstance(organization.contacts, list) else []
