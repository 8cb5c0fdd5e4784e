"""A contact of HubSpot as a lead. Pure."""

from __future__ import annotations

from opsbook.warehouse.sources._feeds import Records
from opsbook.warehouse.sources._fields import Fields, LeftOut, Row, hashed, is_invented, text

SOURCE = "hubspot"  # the place of capture of every one of them


def lead(contact: Fields) -> Row | LeftOut:
    """One contact. Ids begin with the source, so that none is taken for a capture of another one."""
    email = text(contact, "properties.email")
    phone = hashed(text(contact, "properties.phone", "properties.mobilephone"))
    if is_invented(email):
        return LeftOut("it has an address that nobody reads")
    if email is None and phone is None:
        return LeftOut("it has neither an address nor a phone number")
    return {
        "id": f"{SOURCE}/{text(contact, 'id')}",
        "email": email,
        "phone_hash": phone,
        "source": SOURCE,
        "captured_at": text(contact, "properties.createdate", "createdAt"),
    }


CONTACTS = Records(SOURCE, "contacts", "leads", lead)
