"""Organisations that may leave: the signals of each, with the evidence, and the revenue at stake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opsbook.sdk.values import Json, JsonObject, Unknown
from opsbook.warehouse.figures import Seen, measure
from opsbook.warehouse.silence import none_known, several_currencies
from opsbook.warehouse.store import Warehouse

DAY = timedelta(days=1)
NEEDS = {"login": "users.last_login_at", "campaign": "campaigns.sent_at", "ticket": "tickets"}
LEVELS = {1: "low", 2: "medium", 3: "high"}  # by the number of signals
_NAMES = {"login": "no_login", "campaign": "no_campaign", "ticket": "tickets_open"}


@dataclass(frozen=True)
class AtRisk:
    """`organizations` is cut off at the limit, `count` is not; `undetermined` names some, `not_determined` counts.

    `at_stake_cents` is the revenue of everybody at risk. `unread` says why a signal could not be read for anybody.
    """

    organizations: list[JsonObject]
    undetermined: list[JsonObject]
    looked_at: int
    count: int
    not_determined: int
    at_stake_cents: int | Unknown
    unread: Mapping[str, Unknown]
    figures: Mapping[str, JsonObject]  # at_risk, at_risk_rate


def organizations_at_risk(
    warehouse: Warehouse, as_of: datetime, *, login_days: int, campaign_days: int, match_all: bool, limit: int
) -> AtRisk | Unknown:
    """As `metrics/at_risk_organizations.sql` says; most signals first. Unknown without organizations."""
    if missing := warehouse.lacks("organizations"):
        return missing
    starts = {"login": as_of - login_days * DAY, "campaign": as_of - campaign_days * DAY, "ticket": None}
    unread = {name: why for name, need in NEEDS.items() if (why := warehouse.lacks(need, since=starts[name]))}
    rows = warehouse.rows(
        "at_risk_organizations",
        as_of=as_of,
        login_start=starts["login"],
        campaign_start=starts["campaign"],
        match_all=match_all,
        limit=limit,
        logins="login" not in unread,
        campaigns="campaign" not in unread,
        tickets="ticket" not in unread,
    )
    unpriced = warehouse.lacks("subscriptions") or several_currencies(warehouse, as_of)
    first = rows[0]
    return AtRisk(
        [_organization(row, unpriced) for row in rows if row["at_risk"]],
        [
            {"id": row["id"], "name": row["name"], "unread": _unread(row)}
            for row in rows
            if row["id"] is not None and row["at_risk"] is None
        ],
        first["looked_at"],
        first["at_risk_count"],
        first["undetermined_count"],
        unpriced or first["at_stake_cents"],
        unread,
        _figures(warehouse, as_of, first, unread),
    )


def _figures(
    warehouse: Warehouse, as_of: datetime, counts: Mapping[str, Any], unread: Mapping[str, Unknown]
) -> dict[str, JsonObject]:
    looked_at, found, dark = counts["looked_at"], counts["at_risk_count"], counts["undetermined_count"]
    blind = none_known(found, dark, unread)
    share = Seen.share(found, looked_at, "no organisations", candidates=looked_at, unread=dark)
    seen = {"at_risk": Seen(found, found, looked_at, dark), "at_risk_rate": share}
    return {name: measure(warehouse, name, None, as_of, blind or one) for name, one in seen.items()}


def _organization(row: Mapping[str, Any], unpriced: Unknown | None) -> JsonObject:
    signals: list[Json] = [
        {"signal": name, "evidence": _evidence(signal, row)} for signal, name in _NAMES.items() if row[signal]
    ]
    return {
        "id": row["id"],
        "name": row["name"],
        "type": row["type"],
        "level": LEVELS[len(signals)],
        "signals": signals,
        "unread": _unread(row),
        "mrr_cents": unpriced.as_json() if unpriced else row["mrr_cents"],
    }


def _evidence(signal: str, row: Mapping[str, Any]) -> str:
    if signal == "ticket":
        return f"{row['open_tickets']} open, the oldest since {row['oldest_open_at']:%Y-%m-%d}"
    at = row["last_login_at"] if signal == "login" else row["last_campaign_at"]
    return f"last on {at:%Y-%m-%d}" if at else f"never, since {row['created_at']:%Y-%m-%d}"


def _unread(row: Mapping[str, Any]) -> list[Json]:
    return [name for name in NEEDS if row[name] is None]
