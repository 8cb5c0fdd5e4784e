"""Which of the platform's collections are read, into which table, and by which fields a change is noticed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from opsbook.sdk.errors import InvalidInput
from opsbook.warehouse.sources.firestore import rows
from opsbook.warehouse.sources.firestore.reading import ORGANIZATION_OF_USER
from opsbook.warehouse.sources.firestore.rows import MakeRow

CHANGED = ("updatedAt", "createdAt")
LEVELS = ("warn", "warning", "error", "critical", "fatal")


@dataclass(frozen=True)
class Collection:
    """`watched` are the fields whose times tell that a document is new or changed; `needed` what its row is made of.

    A document that `yields_to` another collection's of the same id is left out: that one speaks for both. `among` keeps
    documents with one of these values, where most of a collection is of no use here.
    """

    name: str
    table: str
    row: MakeRow
    needed: tuple[str, ...]
    watched: tuple[str, ...] = CHANGED
    collection: str = ""
    nested: bool = False
    yields_to: str | None = None
    among: tuple[str, tuple[str, ...]] | None = None

    @property
    def stored_as(self) -> str:
        return self.collection or self.name

    @property
    def fields(self) -> tuple[str, ...]:
        """The top-level fields to ask for."""
        named = (*self.needed, *self.watched, *([self.among[0]] if self.among else []))
        return tuple(dict.fromkeys(path.split(".")[0] for path in named))


_ORGANIZATION = (
    *("name", "displayName", "type", "status", "billing", "ownerId", "state", "address", "canceledAt", "cancelledAt"),
    *("isTestAccount", "signupSource", "signupCampaign"),
)
_USER = (
    *("email", "displayName", "firstName", "role", "signupAt", "approvedAt", "claimedAt", "lastLoginAt", "lastLogin"),
    *("approvalStatus", "isTestAccount", "emailUnsubscribedAt", *ORGANIZATION_OF_USER),
)
_SUBSCRIPTION = (
    *("status", "price", "amount", "currency", "intervalMonths", "billingPeriod", "billing", "planName", "planId"),
    *("tierId", "customerId", "organizationId", "orgId", "providerSubscriptionId", "startedAt", "startDate"),
    *("endedAt", "canceledAt", "cancelledAt"),
)
_ORDER = (
    *("brandId", "retailerId", "orgId", "organizationId", "userId", "customer", "customerId", "totals", "total"),
    *("totalAmount", "currency", "status", "mode", "isTestAccount", "items"),
)
_LEAD = ("email", "phone", "source", "isTestAccount", "capturedAt", "timestamp")
_TICKET = ("organizationId", "orgId", "organization", "status", "priority", "category", "resolvedAt", "closedAt")
_ACCOUNT = ("updatedAt", "createdAt", "lastLoginAt", "lastLogin", "lifecycleUpdatedAt")
_WRITTEN = ("timestamp", "createdAt")

_ALL = (
    Collection("organizations", "organizations", rows.organization, _ORGANIZATION),
    Collection(
        "tenants",
        "organizations",
        rows.organization,
        _ORGANIZATION,
        watched=(*CHANGED, "lastActivityAt"),
        yields_to="organizations",
    ),
    Collection("users", "users", rows.user, _USER, watched=_ACCOUNT),
    Collection("subscriptions", "subscriptions", rows.subscription, _SUBSCRIPTION),
    Collection(
        "subscription_current",
        "subscriptions",
        rows.subscription,
        _SUBSCRIPTION,
        collection="subscription",
        nested=True,
    ),
    Collection("orders", "orders", rows.order, _ORDER),
    Collection(
        "campaigns",
        "campaigns",
        rows.campaign,
        ("orgId", "organizationId", "status", "channels", "channel", "sentAt"),
        watched=(*CHANGED, "sentAt"),
    ),
    Collection("tickets", "tickets", rows.ticket, _TICKET, watched=(*CHANGED, "resolvedAt", "closedAt")),
    Collection("leads", "leads", rows.lead(None), _LEAD),
    Collection("academy_leads", "leads", rows.lead("academy"), _LEAD),
    Collection("email_leads", "leads", rows.lead("age_gate"), _LEAD),
    Collection("trainingCohorts", "leads", rows.lead("training"), _LEAD),
    Collection(
        "events",
        "events",
        rows.event,
        ("type", "timestamp", "userId", "orgId", "organizationId", "data"),
        watched=_WRITTEN,
    ),
    Collection(
        "system_logs",
        "errors",
        rows.error,
        ("timestamp", "level", "service", "component", "source", "message"),
        watched=("timestamp",),
        among=("level", (*LEVELS, *(word.upper() for word in LEVELS))),
    ),
)

COLLECTIONS: Mapping[str, Collection] = {one.name: one for one in _ALL}


def chosen(names: Sequence[str]) -> tuple[Collection, ...]:
    """The collections of these names, in the order in which they are read; all of them for none.

    Raises `InvalidInput` for a name that is none, with the nearest.
    """
    for name in names:
        if name not in COLLECTIONS:
            near = get_close_matches(name, COLLECTIONS, 1)
            cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(COLLECTIONS)}."
            raise InvalidInput(f"No collection {name} is read.", field="collections", cure=cure)
    return tuple(one for one in _ALL if not names or one.name in names)
