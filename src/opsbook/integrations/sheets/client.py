"""Google Sheets: whether a spreadsheet answers to our account."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from opsbook.integrations._google import SCOPE, GoogleSystem, WorkspaceConfig, failure_at_google
from opsbook.integrations._system import ROOMY_MS, url_of
from opsbook.integrations._verdicts import at, no_probe, online, peek, undocumented
from opsbook.integrations.sheets import KIND, NAME
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import Observation


class SheetsConfig(WorkspaceConfig):
    """The account is Google's shared one; the probe needs a spreadsheet that is shared with it."""

    probe_id: str | None = Field(
        default=None,
        validation_alias="SHEETS_PROBE_ID",
        pattern=r"^[A-Za-z0-9_\-]{10,120}$",
        description="id of the spreadsheet that the probe looks at",
    )
    base_url: str = Field(
        default="https://sheets.googleapis.com", validation_alias="SHEETS_BASE_URL", description="address of the API"
    )


class Sheets(GoogleSystem[SheetsConfig]):
    id = "sheets"
    name = NAME
    kind = KIND
    Config = SheetsConfig
    slow_after_ms = ROOMY_MS

    def scopes(self, config: SheetsConfig) -> Sequence[str]:
        return (f"{SCOPE}spreadsheets.readonly",)

    async def ask(self, config: SheetsConfig) -> Observation:
        """Read the id of the configured spreadsheet; without one there is no harmless call."""
        if config.probe_id is None:
            return no_probe("Set SHEETS_PROBE_ID to a spreadsheet that the probe may look at.")
        address = url_of(config.base_url, f"v4/spreadsheets/{config.probe_id}")
        return judge(await self.fetched(config, "GET", address, params={"fields": "spreadsheetId"}), config.probe_id)


def judge(reply: Reply, asked: str) -> Observation:
    if bad := failure_at_google(reply):
        return bad
    return online(reply) if at(peek(reply), "spreadsheetId") == asked else undocumented(reply)


INTEGRATION = Sheets
