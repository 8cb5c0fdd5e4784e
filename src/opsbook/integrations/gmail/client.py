"""Gmail: the account's mailbox, and the probe, which asks whether it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from opsbook.integrations._google import SCOPE, GoogleSystem, WorkspaceConfig, failure_at_google
from opsbook.integrations._mail import SENDER, SenderName
from opsbook.integrations._posting import SEND_SECONDS
from opsbook.integrations._system import ROOMY_MS, url_of
from opsbook.integrations._verdicts import at, online, peek, undocumented
from opsbook.integrations.gmail import KIND, NAME
from opsbook.integrations.gmail.actions import Mail
from opsbook.sdk.effects import Connector
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import Observation
from opsbook.sdk.values import Json

MAILBOX = "gmail/v1/users/me"


class GmailConfig(WorkspaceConfig):
    """The account is Google's shared one; its token needs gmail.modify to send, and reads labels with it too.

    A service account has no mailbox: its key counts where it acts for a user, and a machine's account never does.
    """

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("credentials", "subject"),
        ("client_id", "client_secret", "refresh_token"),
        ("access_token",),
    )

    sender: str | None = Field(
        default=None,
        validation_alias="GMAIL_SENDER",
        pattern=SENDER,
        description="address of the mailbox that mail is sent from; without it nothing is sent",
    )
    sender_name: SenderName = Field(
        default="", max_length=80, validation_alias="GMAIL_SENDER_NAME", description="name beside the address"
    )
    base_url: str = Field(
        default="https://gmail.googleapis.com", validation_alias="GMAIL_BASE_URL", description="address of the API"
    )


class Gmail(GoogleSystem[GmailConfig]):
    id = "gmail"
    name = NAME
    kind = KIND
    Config = GmailConfig
    slow_after_ms = ROOMY_MS

    def scopes(self, config: GmailConfig) -> Sequence[str]:
        return (f"{SCOPE}gmail.modify" if config.sender else f"{SCOPE}gmail.labels",)

    async def ask(self, config: GmailConfig) -> Observation:
        """List the labels: one unit of quota. Sending alone allows no harmless call."""
        return judge(await self.fetched(config, "GET", url_of(config.base_url, f"{MAILBOX}/labels")))

    def connectors(self) -> Sequence[Connector]:
        config = self.config
        if config is None or config.sender is None:
            return ()

        async def ask(
            method: str, path: str, *, params: dict[str, str | int] | None = None, json: Json | None = None
        ) -> Reply:
            address = url_of(config.base_url, f"{MAILBOX}/{path}")
            return await self.fetched(config, method, address, params=params, json=json, total_seconds=SEND_SECONDS)

        return (Mail(ask, config.sender, config.sender_name, self.http.clock),)


def judge(reply: Reply) -> Observation:
    if bad := failure_at_google(reply):
        return bad
    return online(reply) if isinstance(at(peek(reply), "labels"), list) else undocumented(reply)


INTEGRATION = Gmail
