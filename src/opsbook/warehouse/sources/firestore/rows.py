"""A document as a canonical row, for each collection. Pure.

Every row of a collection has the same columns: one that is missing here was never in the platform's documents, and
figures that need it are unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from opsbook.sdk.documents import Document
from opsbook.warehouse.sources._fields import LeftOut, Row, first, hashed, is_invented
from opsbook.warehouse.sources.firestore import reading
from opsbook.warehouse.sources.firestore.reading import ORGANIZATION_OF_USER, cents, is_test, text, time


@dataclass(frozen=True)
class Rules:
    """What a deployment says of its own data. `subscription_months` counts where a subscription does not say it."""

    subscription_months: int | None = None


MakeRow = Callable[[Document, Rules], Row | LeftOut]


def organization(document: Document, rules: Rules) -> Row:
    """An `organizations` or a `tenants` document. One without any date counts from when the store made it."""
    fields = document.fields
    return {
        "id": document.id,
        "name": text(fields, "name", "displayName"),
        "type": text(fields, "type"),
        "status": text(fields, "status", "billing.subscriptionStatus"),
        "owner_id": text(fields, "ownerId"),
        "state": text(fields, "state", "address.state"),
        "created_at": _made(document, "createdAt"),
        "canceled_at": time(fields, "canceledAt", "cancelledAt"),
        "is_test": is_test(fields),
        "signup_source": text(fields, "signupSource"),
        "signup_campaign": text(fields, "signupCampaign"),
    }


def user(document: Document, rules: Rules) -> Row:
    fields = document.fields
    email = text(fields, "email")
    return {
        "id": document.id,
        "email": email,
        "display_name": text(fields, "displayName"),
        "first_name": text(fields, "firstName"),
        "role": text(fields, "role"),
        "organization_id": text(fields, *ORGANIZATION_OF_USER),
        "created_at": _made(document, "createdAt", "signupAt"),
        "signup_at": time(fields, "signupAt"),
        "approved_at": time(fields, "approvedAt"),
        "claimed_at": time(fields, "claimedAt"),
        "last_login_at": time(fields, "lastLoginAt", "lastLogin"),
        "approval_status": text(fields, "approvalStatus"),
        "is_test": is_test(fields, email),
        "email_unsubscribed_at": time(fields, "emailUnsubscribedAt"),
    }


def subscription(document: Document, rules: Rules) -> Row | LeftOut:
    """A top-level subscription, or the `current` one below an organisation, which is then whose path it lies on."""
    fields = document.fields
    above = document.path.split("/")
    nested = len(above) == 4
    if nested and above[0] != "organizations":
        return LeftOut("it lies below something else than an organisation")
    status = (text(fields, "status") or "").strip().lower()
    if status == "none":
        return LeftOut("it says that there is no subscription")
    interval = reading.months(fields)
    return {
        "id": document.path if nested else document.id,
        "organization_id": above[1] if nested else text(fields, "customerId", "organizationId", "orgId"),
        "status": {"trial": "trialing", "cancelled": "canceled"}.get(status, status) or None,
        "amount_cents": cents(fields, "price", "amount"),
        "currency": text(fields, "currency"),
        "interval_months": rules.subscription_months if interval is None else interval,
        "plan": text(fields, "planName", "planId", "tierId"),
        "provider_subscription_id": text(fields, "providerSubscriptionId"),
        "started_at": time(fields, "startedAt", "startDate", "createdAt"),
        "ended_at": time(fields, "endedAt", "canceledAt", "cancelledAt"),
    }


def order(document: Document, rules: Rules) -> Row:
    """An order; older writers put the organisation and the total elsewhere. A test consumer's order is a demo one."""
    fields = document.fields
    tested = any(first(fields, path) is True for path in ("isTestAccount", "customer.isTestAccount"))
    return {
        "id": document.id,
        "organization_id": text(fields, "brandId", "retailerId", "orgId", "organizationId"),
        "consumer_id": text(fields, "userId", "customer.id", "customerId"),
        "ordered_at": time(fields, "createdAt"),
        "total_cents": cents(fields, "totals.total", "total", "totalAmount"),
        "currency": text(fields, "currency", "totals.currency"),
        "status": text(fields, "status"),
        "mode": "demo" if tested else text(fields, "mode"),
        "product": text(fields, "items.0.name"),
        "category": text(fields, "items.0.category"),
    }


def campaign(document: Document, rules: Rules) -> Row:
    fields = document.fields
    return {
        "id": document.id,
        "organization_id": text(fields, "orgId", "organizationId"),
        "status": text(fields, "status"),
        "channel": text(fields, "channels.0", "channel"),
        "sent_at": time(fields, "sentAt"),
        "created_at": time(fields, "createdAt"),
    }


def ticket(document: Document, rules: Rules) -> Row:
    fields = document.fields
    return {
        "id": document.id,
        "organization_id": text(fields, "organizationId", "orgId", "organization.id", "organization"),
        "status": text(fields, "status"),
        "priority": text(fields, "priority"),
        "category": text(fields, "category"),
        "created_at": _made(document, "createdAt"),
        "resolved_at": time(fields, "resolvedAt", "closedAt"),
    }


def lead(source: str | None) -> MakeRow:
    """A capture of an address. `source` is the place of capture, None where the document says it in its own words.

    Which words are which place is a definition: `definitions.py`.
    """

    def made(document: Document, rules: Rules) -> Row | LeftOut:
        fields = document.fields
        email = text(fields, "email")
        phone = hashed(text(fields, "phone"))
        if is_invented(email) or first(fields, "isTestAccount") is True:
            return LeftOut("it is a test account or has an address that nobody reads")
        if email is None and phone is None:
            return LeftOut("it has neither an address nor a phone number")
        return {
            "id": document.path,
            "email": email,
            "phone_hash": phone,
            "source": source or text(fields, "source") or "other",
            "captured_at": _made(document, "createdAt", "capturedAt", "timestamp"),
        }

    return made


def event(document: Document, rules: Rules) -> Row:
    fields = document.fields
    return {
        "id": document.id,
        "type": text(fields, "type"),
        "at": time(fields, "timestamp", "createdAt"),
        "user_id": text(fields, "userId", "data.userId"),
        "organization_id": text(fields, "orgId", "organizationId", "data.orgId"),
        "source": text(fields, "data.signupSource"),
        "campaign": text(fields, "data.signupCampaign"),
    }


def error(document: Document, rules: Rules) -> Row:
    fields = document.fields
    level = (text(fields, "level") or "").strip().lower()
    return {
        "id": document.id,
        "at": time(fields, "timestamp"),
        "level": "warning" if level == "warn" else level or None,
        "service": text(fields, "service", "component", "source"),
        "message": text(fields, "message"),
    }


def _made(document: Document, *paths: str) -> str | None:
    """When it was made: by its own fields, or by the store's clock where it has none of them."""
    return time(document.fields, *paths) or document.created_at.isoformat()
