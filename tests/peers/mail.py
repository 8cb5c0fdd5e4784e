"""Mail servers of this process: aiosmtpd with STARTTLS and sign-in, and one that misbehaves on demand."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

import peers

NAME = "smtp (aiosmtpd)"
USER, PASSWORD = "postmaster", "correct horse battery"


@dataclass
class Mailbox:
    """Takes mail, and says which answers it gives. `bounce@` is unknown, `grey@` is asked to come later."""

    arrived: list[Envelope] = field(default_factory=list)
    drop_after_data: bool = False
    data_answer: str | None = None
    host: str = "localhost"
    port: int = 0
    certificate: Path | None = None
    calls: list[SMTP] = field(default_factory=list)
    hang_up: Callable[[], None] = lambda: None

    async def handle_RCPT(  # noqa: N802 the server's name for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address.startswith("bounce@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("grey@"):
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 likewise
        if self.data_answer is not None:
            return self.data_answer
        self.arrived.append(envelope)
        if self.drop_after_data:
            server.transport.abort()
        return "250 OK"


class Server(Controller):
    """The server, which can end the calls that are still open before it stops: else their sockets stay to be found."""

    def __init__(self, handler: Mailbox, **settings: Any) -> None:
        super().__init__(handler, **settings)
        self.calls: list[SMTP] = []  # the first one is the controller's own, which looks whether the server is up

    def factory(self) -> SMTP:
        call: SMTP = super().factory()
        self.calls.append(call)
        return call

    def hang_up(self) -> None:
        asyncio.run_coroutine_threadsafe(self._hung_up(), self.loop).result(10)

    async def _hung_up(self) -> None:
        for call in self.calls:
            for line in (call.transport, call._original_transport):
                if line is not None:
                    line.abort()
        await asyncio.sleep(0)  # the loop closes the sockets in its next round


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of localhost and its key, made for this run."""
    folder = tmp_path_factory.mktemp("certificate")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(cert)]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        peers.absent(NAME, f"openssl could not make a certificate ({type(error).__name__})")
    return cert, key


@pytest.fixture
def mailbox(certificate: tuple[Path, Path]) -> Iterator[Mailbox]:
    """A server that wants STARTTLS and then a sign-in before it takes anything."""
    peers.wanted(NAME)
    cert, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    box = Mailbox(certificate=cert)
    controller = Server(
        box,
        hostname="127.0.0.1",
        port=peers.free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=_signed_in,
    )
    yield from _serving(box, controller)


@pytest.fixture
def plain_mailbox() -> Iterator[Mailbox]:
    """A server without TLS, as one on this machine may be."""
    peers.wanted(NAME)
    box = Mailbox()
    yield from _serving(box, Server(box, hostname="127.0.0.1", port=peers.free_port()))


def _serving(box: Mailbox, controller: Server) -> Iterator[Mailbox]:
    began = time.monotonic()
    controller.start()
    box.port, box.calls, box.hang_up = controller.port, controller.calls, controller.hang_up
    if not any(line.startswith(NAME) for line in peers.LINES):
        peers.told(NAME, version("aiosmtpd"), began)
    yield box
    controller.hang_up()
    controller.stop()


def _signed_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)
