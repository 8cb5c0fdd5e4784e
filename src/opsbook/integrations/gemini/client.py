"""Gemini: whether Google's model API answers to our key."""

from __future__ import annotations

from pydantic import AliasChoices, Field, SecretStr

from opsbook.integrations._google import CODES, failure_at_google
from opsbook.integrations._system import ROOMY_MS, System, SystemConfig, url_of
from opsbook.integrations._verdicts import at, failed, online, peek, undocumented
from opsbook.integrations.gemini import KIND, NAME
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import ErrorClass, Observation

BAD_KEY = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED"})


class GeminiConfig(SystemConfig):
    """One API key."""

    api_key: SecretStr = Field(validation_alias=AliasChoices("GEMINI_API_KEY", "GOOGLE_API_KEY"), description="API key")
    base_url: str = Field(
        default="https://generativelanguage.googleapis.com",
        validation_alias="GEMINI_BASE_URL",
        description="address of the API",
    )


class Gemini(System[GeminiConfig]):
    id = "gemini"
    name = NAME
    kind = KIND
    Config = GeminiConfig
    slow_after_ms = ROOMY_MS

    async def ask(self, config: GeminiConfig) -> Observation:
        """List one model; the key goes into a header, because an address ends up in logs."""
        headers = {"x-goog-api-key": config.api_key.get_secret_value()}
        address = url_of(config.base_url, "v1beta/models")
        return judge(await self.http.request("GET", address, headers=headers, params={"pageSize": 1}))


def judge(reply: Reply) -> Observation:
    """A wrong key is a 400 with a reason there, not a 401."""
    body = peek(reply)
    reasons = {str(at(body, path)) for path in CODES}
    if not reply.ok and (bad_key := reasons & BAD_KEY):
        return failed(reply, ErrorClass.AUTH, min(bad_key))
    if bad := failure_at_google(reply):
        return bad
    return online(reply) if isinstance(at(body, "models"), list) else undocumented(reply)


INTEGRATION = Gemini
