"""Mailjet: the keys, the sender, and the probe, which looks whether that sender is an active one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field, SecretStr

from opsbook.integrations._mail import SENDER, SenderName
from opsbook.integrations._system import System, SystemConfig, url_of
from opsbook.integrations._verdicts import at, code_in, failed, failure_by_status, online, peek, undocumented
from opsbook.integrations.mailjet import KIND, NAME
from opsbook.integrations.mailjet.actions import Mail
from opsbook.sdk.effects import Connector
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import ErrorClass, Observation, Status

MOST_SENDERS = 100


class MailjetConfig(SystemConfig):
    """The two keys, and the sender: without one nothing is sent."""

    api_key: SecretStr = Field(validation_alias="MAILJET_API_KEY", description="public part of the key")
    secret_key: SecretStr = Field(validation_alias="MAILJET_SECRET_KEY", description="secret part of the key")
    sender: str | None = Field(
        default=None,
        validation_alias="MAILJET_FROM",
        pattern=SENDER,
        description="address that mail is sent from; without it nothing is sent",
    )
    sender_name: SenderName = Field(
        default="", max_length=80, validation_alias="MAILJET_FROM_NAME", description="name beside the address"
    )
    daily_limit: int | None = Field(
        default=None,
        ge=1,
        validation_alias="MAILJET_DAILY_LIMIT",
        description="mails that it takes in a day of UTC, as the plan says; what is beyond goes to the next provider",
    )
    webhook_user: str | None = Field(
        default=None,
        validation_alias="MAILJET_WEBHOOK_USER",
        pattern=r"^[^:]+$",
        description="name in the address that events are called back at",
    )
    webhook_password: SecretStr | None = Field(
        default=None, validation_alias="MAILJET_WEBHOOK_PASSWORD", description="password in that address"
    )
    webhook_password_previous: SecretStr | None = Field(
        default=None,
        validation_alias="MAILJET_WEBHOOK_PASSWORD_PREVIOUS",
        description="the one before, during a rotation",
    )
    base_url: str = Field(
        default="https://api.mailjet.com", validation_alias="MAILJET_BASE_URL", description="address of the API"
    )

    @property
    def keys(self) -> tuple[str, str]:
        return self.api_key.get_secret_value(), self.secret_key.get_secret_value()


class Mailjet(System[MailjetConfig]):
    id = "mailjet"
    name = NAME
    kind = KIND
    Config = MailjetConfig

    async def ask(self, config: MailjetConfig) -> Observation:
        """List senders: one when there is none to look for."""
        most = MOST_SENDERS if config.sender else 1
        address = url_of(config.base_url, "v3/REST/sender")
        return judge(await self.http.request("GET", address, params={"Limit": most}, basic=config.keys), config.sender)

    def connectors(self) -> Sequence[Connector]:
        config = self.config
        if config is None or config.sender is None:
            return ()
        sender = (config.sender, config.sender_name)
        return (Mail(self.http, config.base_url, config.keys, *sender, per_day=config.daily_limit),)


def judge(reply: Reply, sender: str | None) -> Observation:
    code = code_in(reply, "ErrorCode", "ErrorIdentifier")
    if bad := failure_by_status(reply, code):
        return bad
    body = peek(reply)
    if at(body, "ErrorMessage"):
        return failed(reply, ErrorClass.SERVER, code)
    senders = at(body, "Data")
    if not isinstance(senders, list):
        return undocumented(reply)
    if sender is None or len(senders) == MOST_SENDERS or _is_active(sender, senders):
        return online(reply)
    return Observation(
        Status.DEGRADED, reply.elapsed_ms, ErrorClass.CLIENT, "The address of MAILJET_FROM is no active sender there."
    )


def _is_active(sender: str, rows: list[Any]) -> bool:
    """Whether the address, or its whole domain, is a sender with the status Active."""
    wanted = {sender.lower(), "*@" + sender.lower().rpartition("@")[2]}
    return any(str(at(row, "Email")).lower() in wanted and at(row, "Status") == "Active" for row in rows)


INTEGRATION = Mailjet
