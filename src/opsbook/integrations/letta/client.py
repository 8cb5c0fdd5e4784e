"""Letta, hosted or on a server of one's own."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr

from opsbook.integrations._system import ROOMY_MS, System, SystemConfig, url_of
from opsbook.integrations._verdicts import at, failure_by_status, online, peek, undocumented
from opsbook.integrations.letta import KIND, NAME
from opsbook.integrations.letta.actions import Archives
from opsbook.sdk.http import Reply, bearer
from opsbook.sdk.integration import Observation
from opsbook.sdk.memory import Memory

HOSTED = "https://api.letta.com"


class LettaConfig(SystemConfig):
    """A key for the hosted service, or the address of a server of one's own (with its key, if it wants one)."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("api_key",), ("base_url",))

    api_key: SecretStr | None = Field(default=None, validation_alias="LETTA_API_KEY", description="API key")
    base_url: str = Field(
        default=HOSTED, validation_alias="LETTA_BASE_URL", description="address of the server, without /v1"
    )
    memory: bool = Field(
        default=False,
        validation_alias="LETTA_MEMORY",
        description="keep what came of runs there, for each agent that wrote a report, and recall it in its next one",
    )


class Letta(System[LettaConfig]):
    id = "letta"
    name = NAME
    kind = KIND
    Config = LettaConfig
    slow_after_ms = ROOMY_MS

    async def ask(self, config: LettaConfig) -> Observation:
        """The health page, which wants no key; then one agent, which does."""
        health = await self.http.request("GET", url_of(config.base_url, "v1/health/"))
        if bad := failure_by_status(health):
            return bad
        if at(peek(health), "status") != "ok":
            return undocumented(health)
        key = bearer(config.api_key.get_secret_value()) if config.api_key else {}
        return judge(
            await self.http.request("GET", url_of(config.base_url, "v1/agents/"), headers=key, params={"limit": 1})
        )

    def memory(self) -> Memory | None:
        config = self.config
        if config is None or not config.memory:
            return None
        return Archives(self.http, config.base_url, config.api_key.get_secret_value() if config.api_key else None)


def judge(reply: Reply) -> Observation:
    if bad := failure_by_status(reply):
        return bad
    return online(reply) if isinstance(peek(reply), list) else undocumented(reply)


INTEGRATION = Letta
