"""What each system of the sample platform answers: the documented shape of a good answer, with invented content."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from opsbook.cli.demo.company.platform import QUOTAS

TEAM, CHANNEL, SENDER, SHEET = "T0SAMPLE", "C0SAMPLE", "ops@platform.example", "sample-sheet"


@dataclass(frozen=True)
class Asked:
    """A request below a system's path."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    number: int = 0  # the how many-th request of all

    def fields(self) -> dict[str, Any]:
        """The body's fields, of JSON or of a form. A body that is neither has none."""
        if self.headers.get("content-type", "").startswith("application/json"):
            try:
                found = json.loads(self.body or b"{}")
            except ValueError:
                return {}
            return found if isinstance(found, dict) else {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace")))


@dataclass(frozen=True)
class Answer:
    """An object is sent as JSON, a text as it is. `kept` is a message that was posted."""

    body: Any
    status: int = 200
    kept: Mapping[str, Any] | None = None


def _google(body: Any) -> Callable[[Asked], Answer]:
    """A system of Google's, with its token exchange below the same path."""

    def answer(asked: Asked) -> Answer:
        if asked.path == "/token":
            return Answer({"access_token": "sample-access", "expires_in": 3599, "token_type": "Bearer"})
        if not asked.headers.get("authorization", "").startswith("Bearer "):
            return Answer({"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "no token"}}, 401)
        return Answer(body)

    return answer


def _firestore(asked: Asked) -> Answer:
    """The document that the probe reads does not exist, which proves the round trip as well."""
    if asked.path == "/token":
        return _google({})(asked)
    missing = f"Document {asked.path.partition('/documents/')[2]!r} not found."
    return Answer({"error": {"code": 404, "status": "NOT_FOUND", "message": missing}}, 404)


def _letta(asked: Asked) -> Answer:
    if "health" in asked.path:
        return Answer({"version": "0.16.8", "status": "ok"})
    return Answer([{"id": "agent-sample", "name": "leo"}])


def _alleaves(asked: Asked) -> Answer:
    if asked.path == "/auth":
        return Answer({"token": "sample-token"})
    return Answer([{"id_location": 1, "name": "Sample"}])


def _hubspot(asked: Asked) -> Answer:
    limit, share, _ = QUOTAS["hubspot"]
    now = datetime.now(UTC)
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": limit,
        "currentUsage": round((limit or 0) * share),
        "collectedAt": now.isoformat(),
        "fetchStatus": "SUCCESS",
        "resetsAt": (now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)).isoformat(),
    }
    return Answer({"results": [usage]})


def _slack(asked: Asked) -> Answer:
    """The Web API, and an incoming webhook below `/services`."""
    fields = asked.fields()
    if asked.path.startswith("/services/"):
        return Answer("ok", kept=fields) if fields else Answer("no_text", 400)
    method = asked.path.rsplit("/", 1)[-1]
    if method == "auth.test":
        return Answer({"ok": True, "team_id": TEAM, "team": "Sample", "user": "opsbook", "user_id": "U0SAMPLE"})
    if method == "chat.postMessage":
        posted = {
            "ok": True,
            "channel": fields.get("channel", CHANNEL),
            "ts": f"1700000000.{asked.number:06d}",
        }
        return Answer(posted, kept=fields)
    return Answer({"ok": False, "error": "unknown_method"})


def _always(body: Any) -> Callable[[Asked], Answer]:
    return lambda asked: Answer(body)


ANSWERS: Mapping[str, Callable[[Asked], Answer]] = {
    "firestore": _firestore,
    "firebase_auth": _google({"kind": "identitytoolkit#GetAccountInfoResponse"}),
    "letta": _letta,
    "claude": _always({"data": [{"id": "model-sample", "type": "model"}], "has_more": False}),
    "gemini": _always({"models": [{"name": "models/sample"}]}),
    "gmail": _google({"labels": [{"id": "INBOX", "name": "INBOX", "type": "system"}]}),
    "calendar": _google({"kind": "calendar#calendarList", "items": []}),
    "drive": _google({"files": [{"id": "file-sample"}]}),
    "sheets": _google({"spreadsheetId": SHEET}),
    "hubspot": _hubspot,
    "mailjet": _always({"Count": 1, "Data": [{"Email": SENDER, "Status": "Active"}], "Total": 1}),
    "blackleaf": _always({"data": [{"id": "profile-sample", "healthy": True}]}),
    "alleaves": _alleaves,
    "aeropay": _always({"TTL": 1800, "token": "sample-token"}),
    "cannpay": _always({"code": 200, "message": "ok", "data": []}),
    "slack": _slack,
}
