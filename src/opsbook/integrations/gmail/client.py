"""Gmail: whether the mailbox answers to our account."""

from __future__ import annotations

from pydantic import Field

from opsbook.integrations._google import GoogleConfig, GoogleSystem, failure_at_google
from opsbook.integrations._system import ROOMY_MS, url_of
from opsbook.integrations._verdicts import at, online, peek, undocumented
from opsbook.integrations.gmail import KIND, NAME
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import Observation


class GmailConfig(GoogleConfig):
    """The account is Google's shared one; its token needs gmail.labels, metadata, readonly or modify."""

    base_url: str = Field(
        default="https://gmail.googleapis.com", validation_alias="GMAIL_BASE_URL", description="address of the API"
    )


class Gmail(GoogleSystem[GmailConfig]):
    id = "gmail"
    name = NAME
    kind = KIND
    Config = GmailConfig
    slow_after_ms = ROOMY_MS

    async def ask(self, config: GmailConfig) -> Observation:
        """List the labels: one unit of quota. Sending alone allows no harmless call."""
        return judge(await self.fetched(config, "GET", url_of(config.base_url, "gmail/v1/users/me/labels")))


def judge(reply: Reply) -> Observation:
    if bad := failure_at_google(reply):
        return bad
    return online(reply) if isinstance(at(peek(reply), "labels"), list) else undocumented(reply)


INTEGRATION = Gmail
