"""Google Calendar: whether the calendars answer to our account."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from opsbook.integrations._google import SCOPE, GoogleSystem, WorkspaceConfig, failure_at_google
from opsbook.integrations._system import ROOMY_MS, url_of
from opsbook.integrations._verdicts import at, online, peek, undocumented
from opsbook.integrations.calendar import KIND, NAME
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import Observation


class CalendarConfig(WorkspaceConfig):
    """The account is Google's shared one; its token needs calendar.readonly or calendar.calendarlist.readonly."""

    base_url: str = Field(
        default="https://www.googleapis.com", validation_alias="CALENDAR_BASE_URL", description="address of the API"
    )


class Calendar(GoogleSystem[CalendarConfig]):
    id = "calendar"
    name = NAME
    kind = KIND
    Config = CalendarConfig
    slow_after_ms = ROOMY_MS

    def scopes(self, config: CalendarConfig) -> Sequence[str]:
        return (f"{SCOPE}calendar.calendarlist.readonly",)

    async def ask(self, config: CalendarConfig) -> Observation:
        """List one calendar. A scope for events alone is refused here."""
        return judge(
            await self.fetched(
                config, "GET", url_of(config.base_url, "calendar/v3/users/me/calendarList"), params={"maxResults": 1}
            )
        )


def judge(reply: Reply) -> Observation:
    if bad := failure_at_google(reply):
        return bad
    return online(reply) if isinstance(at(peek(reply), "items"), list) else undocumented(reply)


INTEGRATION = Calendar
