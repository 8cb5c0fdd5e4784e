"""Google Drive: whether the files answer to our account."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from opsbook.integrations._google import SCOPE, GoogleSystem, WorkspaceConfig, failure_at_google
from opsbook.integrations._system import ROOMY_MS, url_of
from opsbook.integrations._verdicts import at, online, peek, undocumented
from opsbook.integrations.drive import KIND, NAME
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import Observation


class DriveConfig(WorkspaceConfig):
    """The account is Google's shared one; its token needs a Drive scope; drive.file is enough."""

    base_url: str = Field(
        default="https://www.googleapis.com", validation_alias="DRIVE_BASE_URL", description="address of the API"
    )


class Drive(GoogleSystem[DriveConfig]):
    id = "drive"
    name = NAME
    kind = KIND
    Config = DriveConfig
    slow_after_ms = ROOMY_MS

    def scopes(self, config: DriveConfig) -> Sequence[str]:
        return (f"{SCOPE}drive.file",)

    async def ask(self, config: DriveConfig) -> Observation:
        """List one file, its id only. An empty list is a good answer."""
        return judge(
            await self.fetched(
                config, "GET", url_of(config.base_url, "drive/v3/files"), params={"pageSize": 1, "fields": "files(id)"}
            )
        )


def judge(reply: Reply) -> Observation:
    if bad := failure_at_google(reply):
        return bad
    return online(reply) if isinstance(at(peek(reply), "files"), list) else undocumented(reply)


INTEGRATION = Drive
