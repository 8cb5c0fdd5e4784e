"""Whom one may write to at an organisation, and what is known of their consent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from opsbook.sdk.values import Json, JsonObject, Unknown, plain

if TYPE_CHECKING:
    from opsbook.warehouse.store import Warehouse


def contacts_of(warehouse: Warehouse, ids: Sequence[str]) -> tuple[dict[str, list[Json]], tuple[str, ...]]:
    """The contacts by organisation; what nobody knows about their consent is unknown, with a warning."""
    if not ids:
        return {}, ()
    found: dict[str, list[Json]] = {}
    for row in warehouse.rows("contacts", organizations=list(ids)):
        found.setdefault(row["organization_id"], []).append(
            {
                "contact_id": row["id"],
                **{name: row[name] for name in ("first_name", "display_name", "email", "role", "is_test")},
                "email_unsubscribed_at": _consent(
                    plain(row["email_unsubscribed_at"]), row["consent_unread"], row["consent_absent"]
                ),
                "email_opt_out": _consent(row["email_opt_out"], row["opt_out_unread"], row["opt_out_absent"]),
            }
        )
    lacking = [
        why.reason
        for need in ("users.email_unsubscribed_at", "organizations.email_opt_out")
        if (why := warehouse.lacks(need))
    ]
    cure = "Map the column, or say with `=@` that there are no opt-outs."
    return found, tuple(f"Nobody can be written to: {reason}. {cure}" for reason in lacking)


def audience_now(warehouse: Warehouse, ids: Sequence[str]) -> list[JsonObject] | Unknown:
    """Organisations with their contacts as they are loaded now: `{organization_id, name, state, contacts}`.

    One that is not stored any more has no row. Unknown when organisations or users were never loaded.
    """
    if missing := warehouse.lacks("organizations", "users"):
        return missing
    people, _ = contacts_of(warehouse, ids)
    return [
        {
            "organization_id": row["id"],
            "name": row["name"],
            "state": row["state"],
            "contacts": people.get(row["id"], []),
        }
        for row in warehouse.rows("organization_places", organizations=list(ids))
    ]


def _consent(value: Json, unread: bool, absent: bool) -> Json:
    if unread:
        return Unknown("it could not be read").as_json()
    return Unknown("it was not loaded").as_json() if absent else value
