"""Servers that refuse everybody and say back what they were given: the worst that a vendor can do with a secret."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

import peers

WHERE_CREDENTIALS_RIDE = ("authorization", "x-api-key", "x-goog-api-key", "app-key", "signature")


@dataclass
class Echo:
    """`heard` is everything that came in, by the first part of the path."""

    port: int
    heard: dict[str, bytes] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def echo() -> Iterator[Echo]:
    """A server that answers 401 with the request in its body and its credentials where vendors put codes."""

    class Handler(BaseHTTPRequestHandler):
        def _refuse(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length).decode("utf-8", "replace")
            lines = {name.lower(): value for name, value in self.headers.items()}
            said = "\n".join(
                [self.path, unquote(self.path), *(f"{name}: {text}" for name, text in lines.items()), body]
            )
            system = self.path.lstrip("/").partition("/")[0]
            found.heard[system] = found.heard.get(system, b"") + said.encode()
            presented = next((lines[name] for name in WHERE_CREDENTIALS_RIDE if name in lines), body)
            answer = json.dumps(_everywhere(said, presented.split(" ")[-1])).encode()
            self.send_response(401)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _refuse  # noqa: N815 the server's names for it

        def log_message(self, *args: Any) -> None:
            """Nothing: what a vendor logs is not ours."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Echo(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _everywhere(said: str, presented: str) -> dict[str, Any]:
    """An error body with the credentials at every place that vendors use for codes and sentences."""
    detail = {"reason": presented, "code": presented, "message": said}
    error = {"code": presented, "status": presented, "message": said, "type": presented}
    return {
        "error": {**error, "errors": [detail], "details": [detail]},
        "errors": [detail],
        **dict.fromkeys(("code", "type", "category", "ErrorIdentifier", "ErrorCode", "name", "status"), presented),
        **dict.fromkeys(("message", "detail", "title", "ErrorMessage", "error_description"), said),
    }


@contextmanager
def refusing_mail_server(certificate: tuple[Path, Path]) -> Iterator[int]:
    """Wants STARTTLS and a sign-in, and repeats the name and the password in its refusal. Gives its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def refuse(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        said = f"535 5.7.8 no such user: {data.login.decode()} {data.password.decode()}"
        return AuthResult(success=False, handled=False, message=said)

    controller = Controller(
        _Mute(),
        hostname="127.0.0.1",
        port=peers.free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=refuse,
    )
    controller.start()
    try:
        yield int(controller.port)
    finally:
        controller.stop()


class _Mute:
    """Takes nothing: nobody gets as far as that."""
