"""Every figure once more, in plain Python over the rows: slow, short, and written from the definitions alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from warehouse.companies import AS_OF, DAY, GARBAGE, Rows

Row = dict[str, Any]
PAID_ONCE = {"active", "past_due", "canceled", "replaced"}


def read(value: Any) -> Any:
    return None if value == GARBAGE else value


def word(value: str | None) -> str | None:
    return value.lower() if value else value


def address(email: str | None) -> str | None:
    return (email or "").strip().lower() or None


def cohort(role: str | None) -> str:
    if role is None:
        return "other"
    if role == "customer":
        return role
    if role == "budtender" or role.startswith("dispensary"):
        return "dispensary"
    if role.startswith("brand"):
        return "brand"
    return "internal" if role.startswith("super_") or role == "intern" else "other"


def source(name: str) -> str:
    for start, place in (("vibe", "vibe_studio"), ("mobile-vibe", "vibe_studio"), ("academy", "academy")):
        if name.startswith(start):
            return place
    if name.startswith("training"):
        return "training"
    return "age_gate" if name in ("age_gate", "age-gate") else "other"


def people(rows: Rows) -> list[Row]:
    return [
        {**user, "came": user["signup_at"] or user["created_at"], "cohort": cohort(user["role"])}
        for user in rows["users"]
        if not user["is_test"] and not (user["email"] or "").endswith(".local")
    ]


def arrived(rows: Rows, start: datetime, end: datetime) -> list[Row]:
    return [one for one in people(rows) if start <= one["came"] < end]


def signups(rows: Rows, start: datetime, end: datetime) -> Counter[str]:
    return Counter(one["cohort"] for one in arrived(rows, start, end))


def sources(rows: Rows, start: datetime, end: datetime) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in arrived(rows, start, end):
        if one["cohort"] == "internal":
            continue
        mail = address(one["email"])
        touches = [
            (lead["captured_at"], word(lead["source"]))
            for lead in rows["leads"]
            if mail and address(lead["email"]) == mail and lead["captured_at"] <= one["came"]
        ]
        touches += [
            (event["at"], event["source"])
            for event in rows["events"]
            if event["user_id"] == one["id"] and event["type"] == "user.signup.platform" and event["source"]
            if event["at"] < end
        ]
        touches += [
            (owned["created_at"], owned["signup_source"])
            for owned in rows["organizations"]
            if owned["owner_id"] == one["id"] and owned["signup_source"] and owned["created_at"] < end
        ]
        found[source(min(touches)[1]) if touches else "unattributed"] += 1
    return found


def funnel(rows: Rows, start: datetime, end: datetime) -> Counter[str]:
    out = {
        address(one["email"])
        for one in rows["users"]
        if one["email"] and (one["is_test"] or cohort(one["role"]) == "internal")
    }
    entered: dict[str, datetime] = {}
    accounts: defaultdict[str, list[Row]] = defaultdict(list)
    for lead in rows["leads"]:
        mail = address(lead["email"])
        if lead["captured_at"] < end and mail not in out:
            person = mail or (f"phone:{lead['phone_hash']}" if lead["phone_hash"] else f"lead:{lead['id']}")
            entered[person] = min(entered.get(person, end), lead["captured_at"])
    for one in people(rows):
        if one["came"] < end and one["cohort"] != "internal":
            person = address(one["email"]) or f"user:{one['id']}"
            entered[person] = min(entered.get(person, end), one["came"])
            accounts[person].append(one)
    payers = {key for key, cents in mrr(rows).items() if cents > 0}
    found: Counter[str] = Counter(entered=0, signed_up=0, activated=0, paying=0, untold=0)
    for person, at in entered.items():
        if at < start:
            continue
        mine = accounts[person]
        activated = any(_activated(one, end) for one in mine)
        found["entered"] += 1
        found["signed_up"] += bool(mine)
        found["activated"] += activated
        found["paying"] += activated and any(one["organization_id"] in payers for one in mine)
        found["untold"] += bool(mine) and not activated and any(_untold(one, end) for one in mine)
    return found


def _activated(one: Row, end: datetime) -> bool:
    login = read(one["last_login_at"])
    approved = one["approved_at"] is not None or one["approval_status"] in ("approved", None)
    logged_in = login is not None and (one["approved_at"] or one["came"]) <= login < end and approved
    return logged_in or (one["claimed_at"] is not None and one["claimed_at"] < end)


def _untold(one: Row, end: datetime) -> bool:
    return one["last_login_at"] == GARBAGE or (one["last_login_at"] is not None and one["last_login_at"] >= end)


def active_users(rows: Rows, start: datetime, end: datetime) -> int | None:
    logins = [login for one in people(rows) if (login := read(one["last_login_at"]))]
    return None if any(at >= end for at in logins) else sum(start <= at for at in logins)


def _tests(rows: Rows) -> set[str]:
    return {one["id"] for one in rows["organizations"] if one["is_test"]}


def _distinct(contracts: list[Row]) -> list[Row]:
    groups: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for one in contracts:
        provider = one["provider_subscription_id"]
        groups[one["organization_id"], f"p{provider}" if provider else f"i{one['id']}"].append(one)
    return [min(group, key=_rank) for group in groups.values()]


def _rank(one: Row) -> tuple[bool, float, int, str]:
    began = one["started_at"]
    return began is None, -(began.timestamp() if began else 0), -one["amount_cents"], one["id"]


def _monthly(one: Row) -> int:
    return int(Fraction(one["amount_cents"], one["interval_months"]) + Fraction(1, 2))


def _sum(contracts: list[Row]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in _distinct(contracts):
        found[one["organization_id"]] += _monthly(one)
    return {key: cents for key, cents in found.items() if cents}


def _runs(one: Row, at: datetime) -> bool:
    return (one["started_at"] or at - DAY) < at and (one["ended_at"] or at) >= at


def mrr(rows: Rows) -> dict[str, int]:
    tests = _tests(rows)
    return _sum(
        [
            one
            for one in rows["subscriptions"]
            if one["status"] in ("active", "past_due") and _runs(one, AS_OF) and one["organization_id"] not in tests
        ]
    )


def mrr_then(rows: Rows, at: datetime) -> dict[str, int]:
    tests = _tests(rows)
    return _sum(
        [
            one
            for one in rows["subscriptions"]
            if one["status"] in PAID_ONCE
            and one["started_at"]
            and _runs(one, at)
            and (one["ended_at"] or one["status"] in ("active", "past_due"))
            and one["organization_id"] not in tests
        ]
    )


def orders(rows: Rows, end: datetime = AS_OF) -> list[Row]:
    return [
        one
        for one in rows["orders"]
        if one["mode"] != "demo" and word(one["status"]) not in ("cancelled", "canceled") and one["ordered_at"] < end
    ]


def gmv(rows: Rows, start: datetime, end: datetime) -> int:
    tests = _tests(rows)
    mine = [one for one in orders(rows, end) if one["organization_id"] not in tests]
    return sum(one["total_cents"] for one in mine if one["ordered_at"] >= start)


def errors(rows: Rows, start: datetime, end: datetime) -> tuple[int, int]:
    levels = [word(one["level"]) for one in rows["errors"] if start <= one["at"] < end]
    critical = sum(level in ("critical", "fatal") for level in levels)
    return critical + levels.count("error"), critical


def requests(rows: Rows, start: datetime, end: datetime) -> tuple[int, int] | None:
    hours = [one for one in rows["requests"] if start <= one["at"] < end]
    return (sum(one["requests"] for one in hours), sum(one["server_errors"] for one in hours)) if hours else None


def quotas(rows: Rows) -> dict[str, Fraction | None]:
    newest: dict[str, Row] = {}
    for one in sorted(rows["usage"], key=lambda one: one["at"]):
        if one["at"] < AS_OF:
            newest[one["system"]] = one
    return {
        key: None
        if not one["quota_limit"] or (one["resets_at"] and one["resets_at"] <= AS_OF)
        else Fraction(one["used"], one["quota_limit"])
        for key, one in newest.items()
    }


def standing(rows: Rows) -> list[Row]:
    return [
        one
        for one in rows["organizations"]
        if one["created_at"] < AS_OF
        and not one["is_test"]
        and not (one["canceled_at"] < AS_OF if one["canceled_at"] else word(one["status"]) == "canceled")
    ]


def last_logins(rows: Rows, key: str) -> tuple[datetime | None, bool]:
    """The last readable one, and whether some cannot be read."""
    mine = [
        one["last_login_at"]
        for one in rows["users"]
        if one["organization_id"] == key and not one["is_test"] and one["role"] != "customer"
    ]
    return max((at for at in mine if at and at != GARBAGE), default=None), GARBAGE in mine


def last_campaigns(rows: Rows, key: str) -> tuple[datetime | None, bool]:
    mine = [one["sent_at"] for one in rows["campaigns"] if one["organization_id"] == key]
    return max((at for at in mine if at and at != GARBAGE and at < AS_OF), default=None), GARBAGE in mine


def _silent(last: tuple[datetime | None, bool], start: datetime) -> bool | None:
    at, unread = last
    return False if at and at >= start else None if unread else True


def _all(signals: list[bool | None]) -> bool | None:
    return False if False in signals else None if None in signals else True


def _any(signals: list[bool | None]) -> bool | None:
    return True if True in signals else None if None in signals else False


def inactive(rows: Rows, days: int, match: str) -> dict[str, str | None]:
    """Eligible organisations that are not active: the reason, or None for those that nobody can judge."""
    found: dict[str, str | None] = {}
    start = AS_OF - days * DAY
    for one in eligible(rows, days):
        bought = max((o["ordered_at"] for o in orders(rows) if o["organization_id"] == one["id"]), default=None)
        last = {
            "no_login": last_logins(rows, one["id"]),
            "no_orders": (bought, False),
            "no_campaigns": last_campaigns(rows, one["id"]),
        }
        silent = {name: _silent(seen, start) for name, seen in last.items()}
        verdict = (_all if match == "all" else _any)(list(silent.values()))
        if verdict:
            ages = [(at or one["created_at"] - 1000 * DAY, name) for name, (at, _) in last.items() if silent[name]]
            never = all(silent.values()) and not any(at for at, _ in last.values())
            oldest = min(at for at, _ in ages)
            found[one["id"]] = "never_started" if never else next(name for at, name in ages if at == oldest)
        elif verdict is None:
            found[one["id"]] = None
    return found


def eligible(rows: Rows, days: int) -> list[Row]:
    return [one for one in standing(rows) if one["created_at"] <= AS_OF - days * DAY]


def at_risk(rows: Rows, match: str) -> dict[str, frozenset[str] | None]:
    found: dict[str, frozenset[str] | None] = {}
    for one in standing(rows):
        start, long_ago = AS_OF - 14 * DAY, AS_OF - 30 * DAY
        tickets = [_open(t) for t in rows["tickets"] if t["organization_id"] == one["id"] and t["created_at"] < AS_OF]
        signals = {
            "no_login": False if one["created_at"] > start else _silent(last_logins(rows, one["id"]), start),
            "no_campaign": False
            if one["created_at"] > long_ago
            else _silent(last_campaigns(rows, one["id"]), long_ago),
            "tickets_open": _any(tickets),
        }
        verdict = (_all if match == "all" else _any)(list(signals.values()))
        if verdict:
            found[one["id"]] = frozenset(name for name, on in signals.items() if on)
        elif verdict is None:
            found[one["id"]] = None
    return found


def _open(ticket: Row) -> bool | None:
    if ticket["status"] is None and ticket["resolved_at"] == GARBAGE:
        return None
    resolved = read(ticket["resolved_at"])
    return ticket["status"] not in ("resolved", "closed") and not (resolved and resolved < AS_OF)


def consumers(rows: Rows) -> dict[str, list[datetime]]:
    found: defaultdict[str, list[datetime]] = defaultdict(list)
    for one in orders(rows):
        if one["consumer_id"]:
            found[one["consumer_id"]].append(one["ordered_at"])
    return found


def silent_consumers(rows: Rows, days: int) -> int:
    return sum((AS_OF - max(times)) // timedelta(days=1) > days for times in consumers(rows).values())


def cohorts(rows: Rows) -> Counter[tuple[str, int]]:
    found: Counter[tuple[str, int]] = Counter()
    for times in consumers(rows).values():
        first = min(times)
        for months in {(at.year - first.year) * 12 + at.month - first.month for at in times}:
            found[f"{first:%Y-%m}", months] += 1
    return found


def top_products(rows: Rows, key: str) -> list[str]:
    mine = [one for one in orders(rows) if one["organization_id"] == key and one["product"]]
    counts = Counter(one["product"] for one in mine)
    worth = {name: sum(one["total_cents"] for one in mine if one["product"] == name) for name in counts}
    return sorted(counts, key=lambda name: (-counts[name], -worth[name], name))[:3]
