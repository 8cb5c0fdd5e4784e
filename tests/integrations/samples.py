"""For every system: settings that are made up, and what its vendor documents as a good answer.

`good` is what each request is answered with in turn, by method and path. `secrets` are the settings whose value must
never come out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opsbook.sdk.http import Answer
from opsbook.sdk.testing import Scripted, json_answer

CANARY = "canary-7Qm2xv9Lr4"
BASE = "https://api.example.com"
GOOGLE_TOKEN = {"access_token": f"{CANARY}-access"}


@dataclass(frozen=True)
class Sample:
    settings: Mapping[str, Any]
    good: Mapping[str, Scripted]
    secrets: tuple[str, ...]
    asked: str  # the request whose failure is tried, `METHOD /path`
    bad_bodies: tuple[Any, ...] = field(default=([], {"unexpected": True}, "text"))
    address: str = "base_url"  # the setting that says where it is


SAMPLES: dict[str, Sample] = {
    "firestore": Sample(
        {"project": "sample-1", **GOOGLE_TOKEN},
        {
            "GET /v1/projects/sample-1/databases/(default)/documents/opsbook/probe": json_answer(
                {"error": {"code": 404, "message": 'Document "projects/x" not found.', "status": "NOT_FOUND"}}, 404
            )
        },
        ("access_token",),
        "GET /v1/projects/sample-1/databases/(default)/documents/opsbook/probe",
    ),
    "firebase_auth": Sample(
        {"project": "sample-1", **GOOGLE_TOKEN},
        {"POST /v1/projects/sample-1/accounts:lookup": json_answer({"kind": "identitytoolkit#GetAccountInfoResponse"})},
        ("access_token",),
        "POST /v1/projects/sample-1/accounts:lookup",
    ),
    "letta": Sample(
        {"api_key": f"{CANARY}-key"},
        {"GET /v1/health/": json_answer({"version": "0.16.8", "status": "ok"}), "GET /v1/agents/": json_answer([])},
        ("api_key",),
        "GET /v1/agents/",
        ({}, "text", {"detail": "x"}),
    ),
    "claude": Sample(
        {"api_key": f"{CANARY}-key"},
        {"GET /v1/models": json_answer({"data": [{"type": "model", "id": "m"}], "has_more": True})},
        ("api_key",),
        "GET /v1/models",
    ),
    "gemini": Sample(
        {"api_key": f"{CANARY}-key"},
        {"GET /v1beta/models": json_answer({"models": [{"name": "models/m"}], "nextPageToken": "t"})},
        ("api_key",),
        "GET /v1beta/models",
    ),
    "gmail": Sample(
        GOOGLE_TOKEN,
        {"GET /gmail/v1/users/me/labels": json_answer({"labels": [{"id": "INBOX", "name": "INBOX"}]})},
        ("access_token",),
        "GET /gmail/v1/users/me/labels",
    ),
    "calendar": Sample(
        GOOGLE_TOKEN,
        {
            "GET /calendar/v3/users/me/calendarList": json_answer(
                {"kind": "calendar#calendarList", "items": [{"id": "primary"}]}
            )
        },
        ("access_token",),
        "GET /calendar/v3/users/me/calendarList",
    ),
    "drive": Sample(
        GOOGLE_TOKEN,
        {"GET /drive/v3/files": json_answer({"files": []})},
        ("access_token",),
        "GET /drive/v3/files",
    ),
    "sheets": Sample(
        {"probe_id": "sheet-0123456789", **GOOGLE_TOKEN},
        {"GET /v4/spreadsheets/sheet-0123456789": json_answer({"spreadsheetId": "sheet-0123456789"})},
        ("access_token",),
        "GET /v4/spreadsheets/sheet-0123456789",
    ),
    "hubspot": Sample(
        {"access_token": f"{CANARY}-token"},
        {
            "GET /account-info/v3/api-usage/daily/private-apps": json_answer(
                {
                    "results": [
                        {
                            "name": "private-apps-api-calls-daily",
                            "usageLimit": 250000,
                            "currentUsage": 200000,
                            "fetchStatus": "CACHED",
                            "resetsAt": "2026-11-25T05:00:00Z",
                        }
                    ]
                }
            )
        },
        ("access_token",),
        "GET /account-info/v3/api-usage/daily/private-apps",
    ),
    "mailjet": Sample(
        {"api_key": f"{CANARY}-public", "secret_key": f"{CANARY}-secret"},
        {"GET /v3/REST/sender": json_answer({"Count": 1, "Data": [{"Email": "ops@example.com", "Status": "Active"}]})},
        ("api_key", "secret_key"),
        "GET /v3/REST/sender",
    ),
    "blackleaf": Sample(
        {"api_key": f"{CANARY}-key"},
        {"GET /messaging/senders/profiles": json_answer({"success": True, "data": [{"id": "p1", "healthy": True}]})},
        ("api_key",),
        "GET /messaging/senders/profiles",
        ({"unexpected": True}, "text"),
    ),
    "ses": Sample(
        {"access_key_id": f"{CANARY}-id", "secret_access_key": f"{CANARY}-secret", "sender": "ops@example.com"},
        {
            "GET /v2/email/account": json_answer(
                {
                    "SendingEnabled": True,
                    "ProductionAccessEnabled": True,
                    "EnforcementStatus": "HEALTHY",
                    "SendQuota": {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 12.0},
                }
            )
        },
        ("access_key_id", "secret_access_key"),
        "GET /v2/email/account",
    ),
    "alleaves": Sample(
        {"username": "user", "password": f"{CANARY}-password", "pin": f"{CANARY}-pin"},
        {"POST /api/auth": json_answer({"token": "made.up.token"}), "GET /api/location": json_answer([{"id": 1}])},
        ("password", "pin"),
        "GET /api/location",
        ("text", 3),
    ),
    "aeropay": Sample(
        {
            "api_key": f"{CANARY}-key",
            "api_secret": f"{CANARY}-secret",
            "merchant_id": "42",
            "environment": "sandbox",
        },
        {"POST /v2/token": json_answer({"TTL": 1800, "token": "made.up.token"})},
        ("api_key", "api_secret"),
        "POST /v2/token",
    ),
    "cannpay": Sample(
        {
            "app_key": f"{CANARY}-key",
            "api_secret": f"{CANARY}-secret",
            "integrator_id": "42",
            "environment": "sandbox",
        },
        {
            "POST /integrator/getmodificationreason": json_answer(
                {"code": 200, "message": "Reasons.", "data": [{"id": 1, "reason": "Tip"}]}
            )
        },
        ("app_key", "api_secret"),
        "POST /integrator/getmodificationreason",
    ),
    "slack": Sample(
        {"bot_token": f"xoxb-{CANARY}", "alert_channel": "C000000001", "team_id": "T1"},
        {"POST /api/auth.test": json_answer({"ok": True, "team_id": "T1", "user_id": "U1"})},
        ("bot_token",),
        "POST /api/auth.test",
    ),
    "cloud_scheduler": Sample(
        {"project": "sample-1", "location": "us-central1", **GOOGLE_TOKEN},
        {"GET /v1/projects/sample-1/locations/us-central1/jobs": json_answer({"jobs": [{"name": "x/jobs/one"}]})},
        ("access_token",),
        "GET /v1/projects/sample-1/locations/us-central1/jobs",
    ),
    "secret_manager": Sample(
        {"project": "sample-1", "probe_secret": "CRON_SECRET", **GOOGLE_TOKEN},
        {
            "GET /v1/projects/sample-1/secrets/CRON_SECRET/versions/latest:access": json_answer(
                {
                    "name": "projects/1/secrets/CRON_SECRET/versions/7",
                    "payload": {"data": "MTIzNDU2Nzg5", "dataCrc32c": "3808858755"},
                }
            )
        },
        ("access_token",),
        "GET /v1/projects/sample-1/secrets/CRON_SECRET/versions/latest:access",
        ([], {"unexpected": True}, "text", {"name": "x/versions/7", "payload": {"data": "MTIz", "dataCrc32c": "1"}}),
    ),
    "http": Sample(
        {
            "url": "https://shop.example.com/status",
            "header": "X-Api-Key",
            "secret": f"{CANARY}-key",
            "expect_path": "status",
            "expect_value": "ok",
        },
        {"GET /status": json_answer({"status": "ok"})},
        ("secret",),
        "GET /status",
        ([], {"unexpected": True}, "text", {"status": "down"}, {"status": None}, {"status": ["ok"]}),
        address="url",
    ),
}

NO_HTTP = {"outbox", "smtp"}  # no HTTP is spoken to them, and they have suites of their own


def failing(key: str, answer: Answer | Exception) -> dict[str, Scripted]:
    """The good answers of a system but for the one that is tried."""
    return {**SAMPLES[key].good, SAMPLES[key].asked: answer}
