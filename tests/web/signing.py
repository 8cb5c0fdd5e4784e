"""Deliveries as their senders make them: every signature is computed here, by the vendors' rules, not by our code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from pydantic import SecretStr

AT = 1_795_528_805  # 2026-11-24T14:00:05Z
BASE = "https://ops.example.com"
SECRET = "whsec_" + base64.b64encode(b"the present key of the tests 01!").decode()
BEFORE = "whsec_" + base64.b64encode(b"the key before, of the tests 01!").decode()
BEARER = "bearer-secret-of-the-tests"
KEY = "vendor-signing-key-of-the-tests"

HOOKS: dict[str, Any] = {
    "billing": {"kind": "standard", "secrets": (SecretStr(SECRET), SecretStr(BEFORE))},
    "builds": {"kind": "cloudevents", "secrets": (SecretStr(BEARER),)},
    "bare": {"kind": "standard"},
}
INTEGRATIONS: dict[str, dict[str, Any]] = {
    "slack": {"bot_token": "xoxb-made-up", "alert_channel": "C000000001", "signing_secret": KEY},
    "hubspot": {"access_token": "made-up-token", "client_secret": KEY},
    "mailjet": {
        "api_key": "made-up-key",
        "secret_key": "made-up-secret",
        "webhook_user": "events",
        "webhook_password": KEY,
    },
    "alleaves": {"username": "user", "password": "made-up-word", "webhook_secret": KEY},
    "aeropay": {
        "api_key": "made-up-key",
        "api_secret": "made-up-secret",
        "merchant_id": "42",
        "environment": "sandbox",
        "webhook_secret": KEY,
    },
    "cannpay": {
        "app_key": "made-up-key",
        "api_secret": "made-up-secret",
        "integrator_id": "42",
        "environment": "sandbox",
    },
}


@dataclass(frozen=True)
class Parcel:
    """One delivery: where it goes, its headers and its bytes."""

    door: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def digest_of(key: str | bytes, signed: bytes) -> bytes:
    return hmac.new(key if isinstance(key, bytes) else key.encode(), signed, hashlib.sha256).digest()


def standard(body: bytes, message: str = "msg_1", at: int = AT, secret: str = SECRET, door: str = "billing") -> Parcel:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(digest_of(key, f"{message}.{at}.".encode() + body)).decode()
    headers = {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": f"v1,{signature}"}
    return Parcel(door, body, headers)


def slack(body: bytes, at: int = AT, content_type: str = "application/json") -> Parcel:
    signature = digest_of(KEY, b"v0:%d:" % at + body).hex()
    headers = {"x-slack-request-timestamp": str(at), "x-slack-signature": f"v0={signature}"}
    return Parcel("slack", body, {**headers, "content-type": content_type})


def slack_button(payload: dict[str, Any], at: int = AT) -> Parcel:
    return slack(b"payload=" + quote_plus(json.dumps(payload)).encode(), at, "application/x-www-form-urlencoded")


def hubspot(events: list[dict[str, Any]], at: int = AT) -> Parcel:
    body, stamp = json.dumps(events).encode(), str(at * 1000)
    signed = f"POST{BASE}/hooks/hubspot".encode() + body + stamp.encode()
    signature = base64.b64encode(digest_of(KEY, signed)).decode()
    return Parcel("hubspot", body, {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp})


def mailjet(events: Any, password: str = KEY) -> Parcel:
    pair = base64.b64encode(f"events:{password}".encode()).decode()
    return Parcel("mailjet", json.dumps(events).encode(), {"authorization": f"Basic {pair}"})


def alleaves(event: dict[str, Any]) -> Parcel:
    body = json.dumps(event).encode()
    return Parcel("alleaves", body, {"x-alleaves-signature": digest_of(KEY, body).hex()})


def aeropay(event: dict[str, Any]) -> Parcel:
    written = json.dumps({**event, "url": f"{BASE}/hooks/aeropay"})
    signature = digest_of(KEY, written.encode()).hex()
    return Parcel("aeropay", json.dumps(event, separators=(",", ":")).encode(), {"ap-signature": signature})


def cannpay(event: dict[str, Any]) -> Parcel:
    return Parcel("cannpay", json.dumps(event).encode())


def cloud(body: bytes, content_type: str = "application/cloudevents+json", **headers: str) -> Parcel:
    given = {"authorization": f"Bearer {BEARER}", "content-type": content_type}
    return Parcel("builds", body, {**given, **{f"ce-{name}": text for name, text in headers.items()}})
