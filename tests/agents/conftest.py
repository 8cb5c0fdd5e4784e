"""The evidence of runs, as their steps would leave it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from opsbook.sdk.step import RunFacts
from opsbook.sdk.values import Unknown, measured
from peers.models import aimock, models_peer  # noqa: F401 fixtures

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)
UNKNOWN_ORDERS = Unknown("orders were never loaded").as_json()


@pytest.fixture
def run_facts() -> RunFacts:
    return RunFacts("run_1", "ops_daily", "Daily check", AT, ZoneInfo("America/New_York"), False, "schedule")


def entry(tool: str | None, value: Any, step_id: str, **more: Any) -> dict[str, Any]:
    return {
        "value": value,
        "figures": {},
        "warnings": [],
        "source": "a test",
        "as_of": AT.isoformat(),
        "window": None,
        "step_id": step_id,
        "tool": tool,
        **more,
    }


def system(key: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "name": key.replace("_", " ").title(),
        "status": status,
        "latency_ms": 123.4,
        "checked_at": "2026-11-24T14:00:01+00:00",
        "last_success_at": "2026-11-24T14:00:01+00:00",
        "last_success_age_seconds": 0.0,
        "consecutive_failures": 0,
        "error": None,
        "quota": None,
        **more,
    }


DOWN = system(
    "pay_gate",
    "offline",
    latency_ms=None,
    last_success_at="2026-11-23T22:41:00+00:00",
    consecutive_failures=7,
    error={"class": "server", "message": "answered 503 | <b>try</b> [here](http://evil.example)"},
)
SLOW = system("mail_box", "degraded", latency_ms=2345.6, error={"class": "slow", "message": "slower than its limit"})
BARE = system("spare", "not_configured", latency_ms=None, last_success_at=None)


@pytest.fixture
def health() -> dict[str, dict[str, Any]]:
    advice = {
        "text": "Pay Gate: it answered with an error of its own. Read the vendor's status page.",
        "priority": "high",
        "evidence": {"id": "pay_gate", "status": "offline", "error": DOWN["error"], "consecutive_failures": 7},
    }
    value = {
        "overall": "degraded",
        "components": [system("store", "online", latency_ms=42.0)],
        "integrations": [BARE, system("calendar", "online", latency_ms=88.0), DOWN, SLOW],
        "agents": [{"id": "leo", "title": "COO", "problems": []}, {"id": "pops", "title": "A", "problems": ["no key"]}],
        "recommendations": [advice],
    }
    stats = {
        "metrics": {
            "signups": measured(17, previous=measured(25), change=measured(-0.32)),
            "revenue": measured(4567890, previous=measured(4433221), change=measured(0.0304)),
            "gmv": {**UNKNOWN_ORDERS, "previous": UNKNOWN_ORDERS, "change": UNKNOWN_ORDERS},
            "active_users": measured(391, previous=measured(402), change=measured(-0.0274)),
            "errors": {
                "count": measured(61),
                "critical": measured(3),
                "requests": measured(4880),
                "rate": measured(0.0125),
            },
        },
        "trends": {
            "signups": measured(False, mean=23.5),
            "revenue": measured(True, mean=4400000),
            "active_users": Unknown("fewer than 3 daily snapshots").as_json(),
        },
        "quotas": [
            {
                "id": "crm",
                "used_share": measured(0.87),
                "resets_at": "2026-12-01T05:00:00+00:00",
                "source": "the vendor",
            }
        ],
    }
    window = ["2026-11-23T14:00:00+00:00", "2026-11-24T14:00:00+00:00"]
    warning = "Not configured, so never asked: Spare."
    found = entry("getSystemHealth", value, "check", warnings=[warning])
    figures = entry("crmGetStats", stats, "stats", window=window)
    return {"check": found, "health_status": found, "stats": figures, "platform_stats": figures}


@pytest.fixture
def growth() -> dict[str, dict[str, Any]]:
    revenue = {
        "mrr_start": measured(4500000),
        "mrr_end": measured(4567890),
        "growth": measured(0.0151),
        "nrr": measured(0.987),
        "logo_churn_rate": measured(0.0512),
        "revenue_churn_rate": measured(0.031),
        "churned_mrr": measured(91234),
        "new": measured(120000),
        "expansion": measured(39124),
        "contraction": measured(0),
        "reactivation": measured(0),
        "past_due_mrr": measured(29900),
        "trialing": measured(6),
        "movements": [
            {
                "organization_id": "o1",
                "name": "Harbor|Lane",
                "kind": "churned",
                "before_cents": 91234,
                "after_cents": 0,
            },
            {"organization_id": "o2", "name": "Elm Row", "kind": "new", "before_cents": 0, "after_cents": 120000},
        ],
        "baseline_date": "2026-11-17",
    }
    signups = {
        "total": measured(31),
        "cohorts": {"customer": measured(18), "dispensary": measured(9), "brand": measured(4)},
        "sources": {"academy": measured(14), "vibe_studio": measured(7), "unattributed": measured(10)},
        "funnel": {
            "entered": measured(260),
            "signed_up": measured(29),
            "activated": measured(13),
            "paying": UNKNOWN_ORDERS,
            "conversion_rate": measured(0.1115),
        },
        "previous": {"total": measured(44), "cohorts": {"customer": measured(21)}, "sources": {}},
    }
    at_stake = [
        {
            "id": "o3",
            "name": "North Pier",
            "level": "high",
            "signals": [{"signal": "no_login", "evidence": "last on 2026-10-02"}, {"signal": "tickets_open"}],
            "mrr_cents": 49900,
        },
        {
            "id": "o4",
            "name": "Mill Yard",
            "level": "low",
            "signals": [{"signal": "no_campaign", "evidence": "never"}],
            "mrr_cents": UNKNOWN_ORDERS,
        },
    ]
    risk = {
        "count": measured(2),
        "denominator": measured(371),
        "organizations": at_stake,
        "undetermined": [{"id": "o5", "name": "Quay Nine"}],
        "mrr_at_stake_cents": measured(49900),
    }
    return {
        "revenue_stats": entry("getRevenueMetrics", revenue, "revenue"),
        "signup_stats": entry("getSignupAnalytics", signups, "signups"),
        "churn_risk": entry("getAtRiskOrganizations", risk, "risk"),
    }


@pytest.fixture
def incident() -> dict[str, dict[str, Any]]:
    logs = [
        {
            "id": "pay_gate",
            "name": "Pay Gate",
            "probes": 24,
            "shown": 2,
            "uptime": measured(0.7083, unit="ratio"),
            "down_since": "2026-11-24T07:00:00+00:00",
            "failures": {"server": 7},
            "history": [
                {
                    "window": "24h",
                    "uptime": measured(0.6875, unit="ratio"),
                    "coverage": measured(0.9583, unit="ratio"),
                    "latency": {"n": 17, "p95": Unknown("17 answers, and 20 are needed").as_json()},
                }
            ],
            "rows": [
                {
                    "at": "2026-11-24T14:00:01+00:00",
                    "status": "offline",
                    "latency_ms": None,
                    "error_class": "server",
                    "message": "answered 503",
                    "attempts": 2,
                },
                {
                    "at": "2026-11-24T06:00:01+00:00",
                    "status": "online",
                    "latency_ms": 211.0,
                    "error_class": None,
                    "message": "",
                    "attempts": 1,
                },
            ],
        }
    ]
    credentials = [
        {
            "id": "pay_gate",
            "name": "Pay Gate",
            "configured": True,
            "state": {"api_key": True, "webhook_secret": False},
            "last_refused": {"at": "2026-10-01T08:00:00+00:00", "error_class": "auth", "message": "refused"},
            "expires_at": "2026-12-01T08:00:00+00:00",
            "of": "refresh token",
            "renews": False,
        }
    ]
    investigation = entry(None, {"logs": logs, "credentials": credentials}, "investigate")
    about = {"figures": {}, "warnings": [], "source": "stored probes", "as_of": AT.isoformat(), "window": None}
    investigation["tools"] = {
        "logs": {**about, "tool": "getIntegrationLogs"},
        "credentials": {**about, "tool": "checkCredentials"},
    }
    status = [system("calendar", "online", latency_ms=88.0), DOWN, SLOW]
    return {"integration_status": entry("getIntegrationStatus", status, "check"), "investigation": investigation}
