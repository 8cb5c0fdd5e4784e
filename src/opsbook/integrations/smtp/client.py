"""Mail over SMTP: settings, the dialogue with the server, and its probe."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal, Self

import aiosmtplib
from aiosmtplib import errors as smtp_errors
from pydantic import Field, SecretStr, model_validator

from opsbook.integrations._mail import SENDER, SenderName
from opsbook.integrations._system import System, SystemConfig
from opsbook.integrations.smtp import KIND, NAME
from opsbook.integrations.smtp.actions import Mail
from opsbook.sdk.addresses import is_loopback_name
from opsbook.sdk.effects import Connector
from opsbook.sdk.integration import ErrorClass, Observation, Status

CONNECT_SECONDS = 5.0
SEND_SECONDS = 30.0  # servers take their time over a message: they look at it while we wait
PORTS = {"starttls": 587, "tls": 465, "none": 25}


class SmtpConfig(SystemConfig):
    """One server that takes our mail."""

    host: str = Field(
        validation_alias="SMTP_HOST", pattern=r"^[A-Za-z0-9.:\-]{1,253}$", description="host of the mail server"
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, validation_alias="SMTP_PORT", description="port; default 587, 465 or 25"
    )
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        validation_alias="SMTP_SECURITY",
        description="starttls, tls (from the first byte), or none, which only a server on this machine may have",
    )
    username: str | None = Field(
        default=None, validation_alias="SMTP_USERNAME", description="user name, if it wants one"
    )
    password: SecretStr | None = Field(
        default=None, validation_alias="SMTP_PASSWORD", description="password of the user"
    )
    sender: str = Field(
        validation_alias="SMTP_FROM",
        pattern=SENDER,
        description="address that mail is sent from",
    )
    sender_name: SenderName = Field(
        default="", max_length=80, validation_alias="SMTP_FROM_NAME", description="name beside the address"
    )
    ca_file: Path | None = Field(
        default=None, validation_alias="SMTP_CA_FILE", description="certificates to trust instead of the machine's"
    )

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.security == "none" and not is_loopback_name(self.host):
            raise ValueError("SMTP_SECURITY none is for a server on this machine only; use starttls or tls")
        if self.security == "none" and self.password is not None:
            raise ValueError("a password is sent under TLS only; use SMTP_SECURITY starttls or tls")
        if (self.username is None) != (self.password is None):
            raise ValueError("SMTP_USERNAME and SMTP_PASSWORD come together")
        if self.ca_file is not None and not self.ca_file.is_file():
            raise ValueError("SMTP_CA_FILE names no file")
        return self


class Smtp(System[SmtpConfig]):
    id = "smtp"
    name = NAME
    kind = KIND
    Config = SmtpConfig

    async def ask(self, config: SmtpConfig) -> Observation:
        """Connect, greet, TLS, sign in, NOOP, leave; no message is begun."""
        began = self.http.clock.monotonic()
        try:
            async with connected(config, CONNECT_SECONDS) as server:
                await server.noop()
        except (smtp_errors.SMTPException, OSError, ssl.SSLError) as error:
            return judge(error, config.host)
        return Observation(Status.ONLINE, (self.http.clock.monotonic() - began) * 1000)

    def connectors(self) -> Sequence[Connector]:
        if self.config is None:
            return ()
        config = self.config
        return (Mail(config.sender, config.sender_name, lambda: connected(config, SEND_SECONDS), self.http.clock),)


@asynccontextmanager
async def connected(config: SmtpConfig, seconds: float) -> AsyncIterator[aiosmtplib.SMTP]:
    """A session that is signed in. Each command has `seconds` to be answered.

    Raises what aiosmtplib raises. The user name leaves only after TLS stands.
    """
    server = aiosmtplib.SMTP(
        hostname=config.host,
        port=config.port or PORTS[config.security],
        timeout=seconds,
        use_tls=config.security == "tls",
        start_tls=config.security == "starttls",
        tls_context=None if config.security == "none" else await asyncio.to_thread(_trust, config.ca_file),
    )
    await server.connect()
    line = server.transport
    try:
        if config.username is not None and config.password is not None:
            await server.login(config.username, config.password.get_secret_value())
        yield server
    finally:
        with suppress(smtp_errors.SMTPException, OSError):
            await server.quit(timeout=CONNECT_SECONDS)
        server.close()
        if isinstance(line, asyncio.WriteTransport):
            line.abort()  # nothing is left to say: do not wait for the other side's farewell to TLS


def judge(error: Exception, host: str) -> Observation:
    """What a failure of the dialogue says of the server."""
    code = getattr(error, "code", None)
    if isinstance(error, smtp_errors.SMTPAuthenticationError):
        kind, said = ErrorClass.AUTH, f"{host} refused our user name and password ({code})."
    elif isinstance(error, smtp_errors.SMTPTimeoutError | TimeoutError):
        kind, said = ErrorClass.TIMEOUT, f"{host} did not answer in time."
    elif isinstance(error, smtp_errors.SMTPResponseException) and code == 421:
        kind, said = ErrorClass.THROTTLED, f"{host} takes no more connections for now (421)."
    elif isinstance(error, smtp_errors.SMTPResponseException) and isinstance(code, int) and code > 0:
        kind, said = ErrorClass.SERVER, f"{host} answered {code}."
    elif isinstance(error, smtp_errors.SMTPConnectError | smtp_errors.SMTPServerDisconnected | OSError):
        kind, said = ErrorClass.NETWORK, f"No connection to {host}, or it broke off."
    else:
        kind, said = ErrorClass.BAD_REPLY, f"{host} does not offer what the settings ask for ({type(error).__name__})."
    status = Status.DEGRADED if kind is ErrorClass.THROTTLED else Status.OFFLINE
    return Observation(status, None, kind, said)


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)


INTEGRATION = Smtp
