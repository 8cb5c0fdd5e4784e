"""How the platform fares: errors it logged, requests it answered, what it uses of other systems."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from opsbook.sdk.values import Json, JsonObject, Unknown, measured, plain
from opsbook.warehouse.figures import Seen, measure
from opsbook.warehouse.store import Warehouse

LEVELS = ("warning", "error", "critical", "fatal")


def errors(warehouse: Warehouse, start: datetime, end: datetime) -> dict[str, JsonObject]:
    """`count` and `critical` of what was logged in `[start, end)`; `requests`, `server_errors` and their `rate`.

    The rate needs the count of requests: without one it is unknown, however many errors were logged.
    """
    logged = warehouse.lacks("errors", since=start)
    row: dict[str, Any] = {} if logged else warehouse.row("errors", start=start, end=end)
    return {
        **{
            name: measure(warehouse, metric, start, end, logged or Seen(row[column], row[column]))
            for name, metric, column in _LOGGED
        },
        **_requests(warehouse, start, end),
    }


_LOGGED = (("count", "error_count", "errors"), ("critical", "critical_errors", "critical"))


def _requests(warehouse: Warehouse, start: datetime, end: datetime) -> dict[str, JsonObject]:
    missing = warehouse.lacks("requests", since=start)
    row = {} if missing else warehouse.row("requests", start=start, end=end)
    if not missing and not row["hours"]:
        missing = Unknown("nobody counted requests in this period")
    seen = missing or Seen.share(row["server_errors"], row["requests"], "no requests in this period")
    rate = measure(warehouse, "error_rate", start, end, seen)
    if missing:
        return {**dict.fromkeys(("requests", "server_errors"), missing.as_json()), "rate": rate}
    return {
        "requests": measured(row["requests"], unit="requests"),
        "server_errors": measured(row["server_errors"], unit="requests"),
        "rate": rate,
    }


def quotas(warehouse: Warehouse, as_of: datetime) -> list[Json] | Unknown:
    """One entry a system, by id: `{id, used_share, used, quota_limit, at, resets_at, source}`; the share is 0 to 1.

    The share is unknown where the vendor states no limit, and once the count has started over since it was read.
    """
    if missing := warehouse.lacks("usage"):
        return missing
    return [
        plain(
            {"id": row["system"], "used_share": _share(warehouse, row, as_of), **{name: row[name] for name in _SHOWN}}
        )
        for row in warehouse.rows("quotas", as_of=as_of)
    ]


_SHOWN = ("used", "quota_limit", "at", "resets_at", "source")


def quota_use(warehouse: Warehouse, as_of: datetime) -> JsonObject:
    """The largest share of a limit that is used, of the systems that have one and state it."""
    if missing := warehouse.lacks("usage"):
        return measure(warehouse, "quota_use", None, as_of, missing)
    shares = [_used(row, as_of) for row in warehouse.rows("quotas", as_of=as_of)]
    known = [one for one in shares if not isinstance(one, Unknown)]
    why = "" if known else "no system states how much of a limit is used"
    return measure(warehouse, "quota_use", None, as_of, Seen(max(known, default=None), len(known), why=why))


def _share(warehouse: Warehouse, row: dict[str, Any], as_of: datetime) -> JsonObject:
    used = _used(row, as_of)
    seen = used if isinstance(used, Unknown) else Seen(used, 1)
    return measure(warehouse, "quota_use", None, as_of, seen, cut=row["system"])


def _used(row: dict[str, Any], as_of: datetime) -> float | Unknown:
    if not row["quota_limit"]:
        return Unknown("the vendor states no limit")
    if row["resets_at"] and row["resets_at"] <= as_of:
        return Unknown("the count has started over since it was read")
    return round(float(row["used"]) / float(row["quota_limit"]), 6)


def error_groups(
    warehouse: Warehouse, start: datetime, end: datetime, *, levels: Sequence[str], query: str, limit: int
) -> list[dict[str, Any]] | Unknown:
    """Equal errors of `[start, end)` together, the most frequent first, as `metrics/error_groups.sql` says."""
    if missing := warehouse.lacks("errors", since=start):
        return missing
    return warehouse.rows("error_groups", start=start, end=end, levels=list(levels), query=query, limit=limit)
