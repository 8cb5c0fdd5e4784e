"""The platform itself: what it logged, what it answered, and how much of its quotas is used."""

from __future__ import annotations

from datetime import datetime, timedelta

from opsbook.cli.demo.company.plot import DAY, Draft

DAYS = 30
SERVICES = ("web", "api", "checkout")
HOURLY = {"web": 5200, "api": 3900, "checkout": 1400}
DOWN_HOURS = 7.0  # how long the payment system has been down: the spike in the log begins with it
USUAL = (
    ("warning", "api", "slow query on the menu index", 22),
    ("warning", "web", "image upload retried", 12),
    ("error", "api", "pos sync timed out after 30 s", 7),
    ("error", "web", "session store refused a write", 3),
)
SPIKE = (
    ("error", "checkout", "aeropay answered 503, payment not begun", 164),
    ("critical", "checkout", "order could not be captured: payment system unavailable", 4),
)
QUOTAS = {
    "hubspot": (250_000, 0.87, "daily API usage of the account"),
    "mailjet": (6_000, 0.41, "plan limit"),
    "claude": (2_000_000, 0.28, "rate limit headers"),
    "gmail": (None, 0.0, None),
}
LIMITS = {system: limit for system, (limit, _, _) in QUOTAS.items()}


def write_errors(draft: Draft) -> None:
    """Thirty usual days, and a spike since the payment system went down."""
    for day in range(DAYS):
        for level, service, message, usual in USUAL:
            for _ in range(max(0, round(draft.chance.gauss(usual, usual**0.5)))):
                _error(draft, draft.between(day + 1, day), level, service, message)
    for level, service, message, number in SPIKE:
        for _ in range(number):
            _error(draft, draft.between(DOWN_HOURS / 24, 0.005), level, service, message)


def _error(draft: Draft, at: datetime, level: str, service: str, message: str) -> None:
    draft.add("errors", id=draft.id("err"), at=at, level=level, service=service, message=message)
    if draft.in_window(at, DAY):
        draft.books.errors[level] += 1


def write_requests(draft: Draft) -> None:
    """By hour, the newest being the last that has begun; while the payment system is down the checkout fails often."""
    newest = (draft.as_of - timedelta(microseconds=1)).replace(minute=0, second=0, microsecond=0)
    for back in range(DAYS * 24):
        hour = newest - timedelta(hours=back)
        local = (hour.hour - 5) % 24
        daytime = 0.25 + (0.75 if 9 <= local <= 22 else 0.0) + (0.3 if 16 <= local <= 20 else 0.0)
        for service in SERVICES:
            requests = round(HOURLY[service] * daytime * draft.chance.uniform(0.9, 1.1))
            bad = 0.8 if service == "checkout" and back <= DOWN_HOURS else draft.chance.uniform(0.0005, 0.002)
            failed = round(requests * bad)
            draft.add("requests", at=hour, service=service, requests=requests, server_errors=failed)
            if draft.in_window(hour, DAY):
                draft.books.requests += requests
                draft.books.server_errors += failed


def write_usage(draft: Draft) -> None:
    """Two weeks of readings; only what a vendor limits has a limit."""
    for system, (limit, share, source) in QUOTAS.items():
        for day in range(14):
            reached = share if day == 0 else share * draft.chance.uniform(0.6, 0.95)
            at = draft.ago(day + 0.02)
            draft.add(
                "usage",
                system=system,
                at=at,
                used=round(limit * reached) if limit else round(draft.chance.uniform(900, 1400)),
                quota_limit=limit,
                resets_at=_midnight_after(draft.ago(day)) if limit else None,
                source=source,
            )
        if limit:
            draft.books.quotas[system] = round(limit * share) / limit


def _midnight_after(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
