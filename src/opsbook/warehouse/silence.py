"""Organisations gone silent: which, for what reason, whom to write to, and what could not be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opsbook.sdk.values import Json, JsonObject, Unknown
from opsbook.warehouse.contacts import contacts_of
from opsbook.warehouse.figures import Seen, measure
from opsbook.warehouse.orders import histories
from opsbook.warehouse.store import Warehouse
from opsbook.warehouse.winning import winnable_first

DAY = timedelta(days=1)
SIGNALS = ("login", "orders", "campaigns")  # in this order where two have been silent equally long
NEEDS = {"login": "users.last_login_at", "orders": "orders", "campaigns": "campaigns.sent_at"}
REASONS = {"login": "no_login", "orders": "no_orders", "campaigns": "no_campaigns"}
NEVER_STARTED = "never_started"
_LAST = {"login": "last_login_at", "orders": "last_order_at", "campaigns": "last_campaign_at"}


@dataclass(frozen=True)
class Silent:
    """`organizations` is cut off at the limit, `inactive` is not; `undetermined` names some, `not_determined` counts.

    `unread` says why a signal could not be read for anybody.
    """

    organizations: list[JsonObject]
    undetermined: list[JsonObject]
    eligible: int
    inactive: int
    not_determined: int
    unread: Mapping[str, Unknown]
    warnings: tuple[str, ...]
    figures: Mapping[str, JsonObject]  # inactive, inactive_rate


def silent_organizations(
    warehouse: Warehouse, as_of: datetime, days: int, *, match_all: bool, limit: int
) -> Silent | Unknown:
    """Organisations silent over `days` days, as `metrics/inactive_organizations.sql` says, the most winnable first.

    Which ones they are, and which the limit leaves, is the rule's answer alone: `winnable_first` only says in which
    order to look at them.
    Unknown when organizations were never loaded. A signal that cannot be read leaves organisations undetermined.
    """
    if missing := warehouse.lacks("organizations"):
        return missing
    start = as_of - days * DAY
    unread = {name: why for name, need in NEEDS.items() if (why := warehouse.lacks(need, since=start))}
    rows = warehouse.rows(
        "inactive_organizations",
        as_of=as_of,
        start=start,
        match_all=match_all,
        limit=limit,
        logins="login" not in unread,
        orders="orders" not in unread,
        campaigns="campaigns" not in unread,
    )
    found = [row for row in rows if row["inactive"]]
    ids = [str(row["id"]) for row in found]
    people, consent = contacts_of(warehouse, ids)
    bought = histories(warehouse, ids, as_of)
    unpriced = warehouse.lacks("subscriptions") or several_currencies(warehouse, as_of)
    organizations = [
        {
            **_organization(row, as_of),
            "contacts": people.get(row["id"], []),
            "orders": bought.as_json() if isinstance(bought, Unknown) else bought[row["id"]],
            "mrr_cents": unpriced.as_json() if unpriced else row["mrr_cents"],
        }
        for row in found
    ]
    undetermined: list[JsonObject] = [
        {"id": row["id"], "name": row["name"], "unread": _unread(row)}
        for row in rows
        if row["id"] is not None and row["inactive"] is None
    ]
    first = rows[0]
    return Silent(
        winnable_first(warehouse, organizations, as_of),
        undetermined,
        first["eligible"],
        first["inactive_count"],
        first["undetermined_count"],
        unread,
        consent,
        _figures(warehouse, start, as_of, first, unread),
    )


def _figures(
    warehouse: Warehouse, start: datetime, as_of: datetime, counts: Mapping[str, Any], unread: Mapping[str, Unknown]
) -> dict[str, JsonObject]:
    eligible, found, dark = counts["eligible"], counts["inactive_count"], counts["undetermined_count"]
    blind = none_known(found, dark, unread)
    share = Seen.share(found, eligible, "no organisation is eligible", candidates=eligible, unread=dark)
    seen = {"inactive": Seen(found, found, eligible, dark), "inactive_rate": share}
    return {name: measure(warehouse, name, start, as_of, blind or one) for name, one in seen.items()}


def none_known(count: int, undetermined: int, unread: Mapping[str, Unknown]) -> Unknown | None:
    """Why "none" would be wrong: none is known, and some could not be judged."""
    if count or not undetermined:
        return None
    reasons = "; ".join(dict.fromkeys(why.reason for why in unread.values())) or "their data could not be read"
    noun = "organisation" if undetermined == 1 else "organisations"
    return Unknown(f"{undetermined} {noun} could not be judged: {reasons}")


def _organization(row: Mapping[str, Any], as_of: datetime) -> JsonObject:
    last = {name: row[column] for name, column in _LAST.items()}
    days: dict[str, Json] = {}
    for name, at in last.items():
        unknown = Unknown("it could not be read").as_json()
        days[name] = unknown if row[name] is None else None if at is None else max(0, (as_of - at) // DAY)
    return {
        "organization_id": row["id"],
        "name": row["name"],
        "type": row["type"],
        "state": row["state"],
        "reason": _reason(last, [name for name in SIGNALS if row[name]]),
        "days_silent": days,
    }


def _reason(last: Mapping[str, datetime | None], silent: Sequence[str]) -> str:
    """Never started, when nothing ever came; otherwise the signal that has been silent longest, never being longest."""
    if len(silent) == len(SIGNALS) and not any(last.values()):
        return NEVER_STARTED
    for name in silent:
        if last[name] is None:
            return REASONS[name]
    ages = {name: at for name in silent if (at := last[name]) is not None}
    return REASONS[min(ages, key=lambda name: ages[name])]


def _unread(row: Mapping[str, Any]) -> list[Json]:
    return [name for name in SIGNALS if row[name] is None]


def several_currencies(warehouse: Warehouse, as_of: datetime) -> Unknown | None:
    """Why revenue cannot be summed, when contracts are paid in more than one currency."""
    found = [row["currency"] for row in warehouse.rows("currencies", as_of=as_of)]
    return Unknown(f"subscriptions are in several currencies: {', '.join(found)}") if len(found) > 1 else None
