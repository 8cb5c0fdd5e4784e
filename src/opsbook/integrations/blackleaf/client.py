"""Blackleaf, text messages: the key, and the probe, which asks whether our sending profile is healthy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field, SecretStr

from opsbook.integrations._system import System, SystemConfig, url_of
from opsbook.integrations._verdicts import at, code_in, failed, failure_by_status, no_probe, online, peek, undocumented
from opsbook.integrations.blackleaf import KIND, NAME
from opsbook.integrations.blackleaf.actions import TextMessages
from opsbook.integrations.blackleaf.types import CODES, is_refused
from opsbook.sdk.effects import Connector
from opsbook.sdk.http import Reply, bearer
from opsbook.sdk.integration import ErrorClass, Observation, Status

LISTS = ("data", "profiles", "items", "results", "content")  # nobody documents under which name the list stands


class BlackleafConfig(SystemConfig):
    """Key, way of calling, and the profile whose health the probe looks at."""

    api_key: SecretStr = Field(validation_alias="BLACKLEAF_API_KEY", description="API key")
    dialect: Literal["bearer", "query"] = Field(
        default="bearer",
        validation_alias="BLACKLEAF_DIALECT",
        description="bearer, or query for the older API, which nothing is sent by and which has no harmless call",
    )
    sending_profile: str | None = Field(
        default=None, validation_alias="BLACKLEAF_SENDING_PROFILE", description="id of our sending profile"
    )
    base_url: str = Field(
        default="https://api.blackleaf.io", validation_alias="BLACKLEAF_BASE_URL", description="address of the API"
    )


class Blackleaf(System[BlackleafConfig]):
    id = "blackleaf"
    name = NAME
    kind = KIND
    Config = BlackleafConfig

    async def ask(self, config: BlackleafConfig) -> Observation:
        """List sending profiles: one, or enough to find ours."""
        if config.dialect == "query":
            return no_probe("The query dialect of Blackleaf has no harmless call.")
        params: dict[str, str | int] = {"pageSize": 100 if config.sending_profile else 1, "page": 0}
        address = url_of(config.base_url, "messaging/senders/profiles")
        key = bearer(config.api_key.get_secret_value())
        return judge(await self.http.request("GET", address, headers=key, params=params), config.sending_profile)

    def connectors(self) -> Sequence[Connector]:
        """None in the `query` way of calling: its key would ride in an address."""
        if self.config is None or self.config.dialect == "query":
            return ()
        return (TextMessages(self.http, self.config.base_url, self.config.api_key.get_secret_value()),)


def judge(reply: Reply, profile: str | None) -> Observation:
    """A failure may come with status 200."""
    code = code_in(reply, *CODES)
    if bad := failure_by_status(reply, code):
        return bad
    body = peek(reply)
    if is_refused(body):
        return failed(reply, ErrorClass.SERVER, code)
    rows = _profiles(body)
    if rows is None:
        return undocumented(reply)
    ours = [row for row in rows if profile in (None, at(row, "id"), at(row, "sendingProfileId"))]
    if any(at(row, "healthy") is False for row in ours):
        return Observation(
            Status.DEGRADED, reply.elapsed_ms, ErrorClass.SERVER, "It says that our sending profile is not healthy."
        )
    return online(reply)


def _profiles(body: Any) -> list[Any] | None:
    found = body if isinstance(body, list) else next((at(body, name) for name in LISTS if at(body, name)), None)
    if found is None and isinstance(body, dict) and any(body.get(name) == [] for name in LISTS):
        return []
    return found if isinstance(found, list) else None


INTEGRATION = Blackleaf
