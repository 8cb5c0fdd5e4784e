"""Claude: whether Anthropic's API answers to our key."""

from __future__ import annotations

from pydantic import AliasChoices, Field, SecretStr

from opsbook.integrations._system import ROOMY_MS, System, SystemConfig, url_of
from opsbook.integrations._verdicts import at, code_in, failed, failure_by_status, online, peek, undocumented
from opsbook.integrations.claude import KIND, NAME
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import ErrorClass, Observation

VERSION = "2023-06-01"
OVERLOADED = 529


class ClaudeConfig(SystemConfig):
    """One API key."""

    api_key: SecretStr = Field(
        validation_alias=AliasChoices("ANTHROPIC_API_KEY", "CLAUDE_API_KEY"), description="API key"
    )
    base_url: str = Field(
        default="https://api.anthropic.com",
        validation_alias=AliasChoices("CLAUDE_BASE_URL", "ANTHROPIC_BASE_URL"),
        description="address of the API",
    )


class Claude(System[ClaudeConfig]):
    id = "claude"
    name = NAME
    kind = KIND
    Config = ClaudeConfig
    slow_after_ms = ROOMY_MS

    async def ask(self, config: ClaudeConfig) -> Observation:
        """List one model: it costs nothing and proves the key."""
        headers = {"x-api-key": config.api_key.get_secret_value(), "anthropic-version": VERSION}
        address = url_of(config.base_url, "v1/models")
        return judge(await self.http.request("GET", address, headers=headers, params={"limit": 1}))


def judge(reply: Reply) -> Observation:
    code = code_in(reply, "error.type")
    if reply.status == OVERLOADED:
        return failed(reply, ErrorClass.THROTTLED, code)
    if bad := failure_by_status(reply, code):
        return bad
    return online(reply) if isinstance(at(peek(reply), "data"), list) else undocumented(reply)


INTEGRATION = Claude
