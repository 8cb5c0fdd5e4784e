"""Google's token endpoint, a machine's metadata server and an API behind them, as their contracts are written.

Strict where ours could be careless: a claim is verified with the account's public key, and its audience, issuer, times,
scopes and user are checked; the metadata server answers nobody who does not ask as one asks it; the API takes no token
that was not given out. Keys are made when the tests run.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from opsbook.sdk.http import Answer

EMAIL, USER = "opsbook@sample-1.iam.gserviceaccount.com", "owner@example.com"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SKEW = timedelta(minutes=5)
TOKEN_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"
REFUSALS = {
    "times": (400, "invalid_grant", "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe."),
    "signature": (400, "invalid_grant", "Invalid JWT Signature."),
    "issuer": (400, "invalid_grant", "Invalid grant: account not found"),
    "audience": (400, "invalid_grant", "Invalid JWT: Failed audience check."),
    "user": (400, "invalid_grant", "Invalid email or User ID"),
    "scope": (400, "invalid_scope", "Invalid OAuth scope or ID token audience provided."),
    "delegation": (401, "unauthorized_client", "Client is unauthorized to retrieve access tokens using this method."),
}


@cache
def private_key(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def document(number: int = 0, **more: Any) -> dict[str, Any]:
    """What Google hands out: the JSON document of a key."""
    pem = private_key(number).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": "sample-1",
        "private_key_id": f"key-{number}",
        "private_key": pem.decode(),
        "client_email": EMAIL,
        "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
        **more,
    }


class Refused(Exception):
    """One of `REFUSALS`."""


@dataclass
class Accounts:
    """What stands on the other side. `delegated` are the scopes in which the account may act for `USER`."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    answers: dict[str, Answer] = field(default_factory=dict)  # of the API, by `METHOD /path`
    enabled: bool = True
    delegated: set[str] = field(default_factory=set)
    attached: bool = True  # whether the machine has an account
    flavour: str = "Google"
    lives: int = 3599
    claims: list[dict[str, Any]] = field(default_factory=list)
    granted: dict[str, str] = field(default_factory=dict)  # scopes by token
    asked: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Answer:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        self.asked.append(f"{method} {path}")
        if path == TOKEN_PATH:
            return self._machine(query, headers)
        if path == "/token":
            return self._exchange(parse_qs(body.decode()))
        given = str(headers.get("authorization")).removeprefix("Bearer ")
        if given not in self.granted:
            return Answer(401, json.dumps({"error": {"code": 401, "status": "UNAUTHENTICATED"}}).encode())
        return self.answers[f"{method} {path}"]

    def _machine(self, query: dict[str, list[str]], headers: Any) -> Answer:
        if headers.get("metadata-flavor") != "Google" or headers.get("x-forwarded-for"):
            return Answer(403, b"", {"metadata-flavor": self.flavour})
        if not self.attached:
            return Answer(404, b"", {"metadata-flavor": self.flavour})
        return self._grant(query["scopes"][0].replace(",", " "), {"metadata-flavor": self.flavour})

    def _exchange(self, form: dict[str, list[str]]) -> Answer:
        if form["grant_type"] == ["refresh_token"]:
            return self._grant("of the consent")
        assert form["grant_type"] == [GRANT]
        try:
            claims = self._verified(form["assertion"][0])
        except Refused as refused:
            status, code, prose = REFUSALS[str(refused)]
            return Answer(status, json.dumps({"error": code, "error_description": prose}).encode())
        self.claims.append(claims)
        return self._grant(claims["scope"])

    def _verified(self, assertion: str) -> dict[str, Any]:
        head, body, signature = (base64.urlsafe_b64decode(part + "==") for part in assertion.split("."))
        header, claims = json.loads(head), json.loads(body)
        assert set(claims) <= {"iss", "scope", "aud", "exp", "iat", "sub"}
        assert (header["alg"], header["typ"]) == ("RS256", "JWT")
        if claims["iss"] != EMAIL or not self.enabled:
            raise Refused("issuer")
        try:
            text = assertion.rpartition(".")[0].encode()
            private_key(0).public_key().verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise Refused("signature") from None
        began, ends = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
        early, late = self.now() - SKEW, self.now() + SKEW
        if not (began <= late and early <= ends and timedelta(0) < ends - began <= timedelta(hours=1)):
            raise Refused("times")
        if claims["aud"] != "https://oauth2.googleapis.com/token":
            raise Refused("audience")
        self._check_rights(claims)
        return dict(claims)

    def _check_rights(self, claims: dict[str, Any]) -> None:
        scopes = claims["scope"].split()
        if not scopes or any(not scope.startswith("https://www.googleapis.com/auth/") for scope in scopes):
            raise Refused("scope")
        if "sub" in claims and claims["sub"] != USER:
            raise Refused("user")
        if "sub" in claims and not self.delegated >= set(scopes):
            raise Refused("delegation")

    def _grant(self, scopes: str, headers: dict[str, str] | None = None) -> Answer:
        token = f"token-number-{len(self.granted) + 1}"
        self.granted[token] = scopes
        body = {"access_token": token, "expires_in": self.lives, "token_type": "Bearer"}
        return Answer(200, json.dumps(body).encode(), headers or {})


class _Handler(BaseHTTPRequestHandler):
    accounts: Accounts

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the server's name for it
        """Nothing is logged."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.accounts.now(), usegmt=True)

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        answer = self.accounts.answer(self.command, self.path, self.headers, raw)
        self.send_response(answer.status)
        for name, text in {**answer.headers, "content-length": str(len(answer.body))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = _serve  # noqa: N815 the server's names for them


@contextmanager
def serving(now: Callable[[], datetime]) -> Iterator[Accounts]:
    accounts = Accounts(now)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"accounts": accounts}))
    accounts.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield accounts
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
