"""The warehouse's figures of one company beside the oracle's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from opsbook.sdk.values import Unknown
from opsbook.warehouse import Warehouse, orders, revenue, signups
from opsbook.warehouse.activity import active_users, gmv
from opsbook.warehouse.health import errors, quotas
from opsbook.warehouse.risk import AtRisk, organizations_at_risk
from opsbook.warehouse.silence import Silent, silent_organizations
from warehouse import oracle
from warehouse.companies import AS_OF, DAY, Rows

NEW_YORK = ZoneInfo("America/New_York")
WINDOWS = (DAY, 7 * DAY, 30 * DAY)
Pair = tuple[str, Any, Any]


def pairs(warehouse: Warehouse, rows: Rows) -> Iterator[Pair]:
    """Each figure's name, what the oracle says, what the warehouse says."""
    for length in WINDOWS:
        yield from _windowed(warehouse, rows, AS_OF - length, AS_OF)
        yield from _windowed(warehouse, rows, AS_OF - 2 * length, AS_OF - length)
    yield from _revenue(warehouse, rows)
    yield from _organizations(warehouse, rows)
    yield from _consumers(warehouse, rows)
    shares = {key: None if share is None else round(float(share), 6) for key, share in oracle.quotas(rows).items()}
    used: Any = quotas(warehouse, AS_OF)
    yield "quotas", shares, {one["id"]: one["used_share"]["value"] for one in used}


def _windowed(warehouse: Warehouse, rows: Rows, start: datetime, end: datetime) -> Iterator[Pair]:
    total, cohorts = signups.signups(warehouse, start, end)
    expected = oracle.signups(rows, start, end)
    yield "signups", sum(expected.values()) - expected["internal"], total["value"]
    yield "cohorts", {name: expected[name] for name in signups.COHORTS}, _values(cohorts)
    by_source = oracle.sources(rows, start, end)
    yield (
        "sources",
        {name: by_source[name] for name in signups.SOURCES},
        _values(signups.sources(warehouse, start, end)),
    )
    yield "gmv", oracle.gmv(rows, start, end), gmv(warehouse, start, end)["value"]
    seen, logged, asked = errors(warehouse, start, end), *_errors(rows, start, end)
    yield "errors", logged, (seen["count"]["value"], seen["critical"]["value"])
    yield "requests", asked, (seen["requests"]["value"], seen["server_errors"]["value"], seen["rate"]["value"])
    yield "active users", oracle.active_users(rows, start, end), active_users(warehouse, start, end)["value"]
    if end == AS_OF:
        yield "funnel", _funnel(rows, start, end), _values(signups.funnel(warehouse, start, end))


def _errors(rows: Rows, start: datetime, end: datetime) -> tuple[Any, Any]:
    asked = oracle.requests(rows, start, end)
    if asked is None:
        return oracle.errors(rows, start, end), (None, None, None)
    total, broken = asked
    return oracle.errors(rows, start, end), (total, broken, round(broken / total, 6) if total else None)


def _funnel(rows: Rows, start: datetime, end: datetime) -> dict[str, Any]:
    found = oracle.funnel(rows, start, end)
    unclear = found["untold"] > 0
    return {
        "entered": found["entered"],
        "signed_up": found["signed_up"],
        "activated": None if unclear else found["activated"],
        "paying": None if unclear else found["paying"],
        "conversion_rate": round(found["signed_up"] / found["entered"], 6) if found["entered"] else None,
    }


def _revenue(warehouse: Warehouse, rows: Rows) -> Iterator[Pair]:
    now = revenue.mrr_now(warehouse, AS_OF)
    assert not isinstance(now, Unknown)
    yield "revenue now", oracle.mrr(rows), dict(now.cents)
    for days in (1, 7, 29, 45):
        day: date = (AS_OF - timedelta(days=days)).date()
        midnight = datetime.combine(day, time(), NEW_YORK)
        yield "revenue then", oracle.mrr_then(rows, midnight), revenue.reconstruct_mrr(warehouse, day, NEW_YORK)


def _organizations(warehouse: Warehouse, rows: Rows) -> Iterator[Pair]:
    for days in (7, 30):
        for match in ("all", "any"):
            found = silent_organizations(warehouse, AS_OF, days, match_all=match == "all", limit=100)
            assert isinstance(found, Silent)
            reasons: dict[Any, Any] = {one["organization_id"]: one["reason"] for one in found.organizations}
            reasons.update({one["id"]: None for one in found.undetermined})
            yield f"inactive, {match}", oracle.inactive(rows, days, match), reasons
            yield "eligible", len(oracle.eligible(rows, days)), found.eligible
    for match in ("any", "all"):
        risky = organizations_at_risk(
            warehouse, AS_OF, login_days=14, campaign_days=30, match_all=match == "all", limit=100
        )
        assert isinstance(risky, AtRisk)
        signals: dict[Any, Any] = {
            one["id"]: frozenset(signal["signal"] for signal in one["signals"])  # type: ignore[union-attr,index,call-overload]
            for one in risky.organizations
        }
        signals.update({one["id"]: None for one in risky.undetermined})
        expected = oracle.at_risk(rows, match)
        yield f"at risk, {match}", expected, signals
        paid = oracle.mrr(rows)
        yield "at stake", sum(paid.get(key, 0) for key, why in expected.items() if why), risky.at_stake_cents
        yield "looked at", len(oracle.standing(rows)), risky.looked_at


def _consumers(warehouse: Warehouse, rows: Rows) -> Iterator[Pair]:
    silence: Any = orders.consumers_by_silence(warehouse, AS_OF, [1, 7, 30])
    yield "silent consumers", [oracle.silent_consumers(rows, one.days) for one in silence], [x.silent for x in silence]
    cohorts: Any = orders.consumer_cohorts(warehouse, AS_OF)
    found = {(key, month): n for key, counts in cohorts.items() for month, n in enumerate(counts) if n}
    yield "consumer cohorts", dict(oracle.cohorts(rows)), found
    keys = [one["id"] for one in rows["organizations"]]
    histories: Any = orders.histories(warehouse, keys, AS_OF)
    for key in keys:
        mine = [one for one in oracle.orders(rows) if one["organization_id"] == key]
        expected = (len(mine), sum(one["total_cents"] for one in mine), oracle.top_products(rows, key))
        told = histories[key]
        yield "history", expected, (told["count"], told["total_cents"], [one["name"] for one in told["top_products"]])


def _values(figures: Any) -> dict[str, Any]:
    return {name: one["value"] for name, one in figures.items()}
