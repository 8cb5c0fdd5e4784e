"""Aeropay, bank payments: whether its API gives us a token. Read only."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr

from opsbook.integrations._system import System, SystemConfig, url_of
from opsbook.integrations._tokens import expiry_in
from opsbook.integrations._verdicts import at, code_in, failed, failure_by_status, online, peek, undocumented
from opsbook.integrations.aeropay import KIND, NAME
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import ErrorClass, Expiry, Observation
from opsbook.sdk.values import Json

ADDRESSES = {"live": "https://api.aeropay.com/v2", "sandbox": "https://api.sandbox-pay.aero.inc/v2"}
BAD_CREDENTIALS = frozenset({"AP002", "AP006", "AP101"})


class AeropayConfig(SystemConfig):
    """The merchant's key pair."""

    api_key: SecretStr = Field(
        validation_alias=AliasChoices("AEROPAY_API_KEY", "AEROPAY_CLIENT_ID"), description="API key"
    )
    api_secret: SecretStr = Field(
        validation_alias=AliasChoices("AEROPAY_API_SECRET", "AEROPAY_CLIENT_SECRET"), description="API secret"
    )
    merchant_id: str = Field(validation_alias="AEROPAY_MERCHANT_ID", description="id of the merchant")
    environment: Literal["live", "sandbox"] = Field(
        validation_alias="AEROPAY_ENVIRONMENT", description="live or sandbox"
    )
    webhook_secret: SecretStr | None = Field(
        default=None, validation_alias="AEROPAY_WEBHOOK_SECRET", description="signing key of its calls"
    )
    webhook_secret_previous: SecretStr | None = Field(
        default=None,
        validation_alias="AEROPAY_WEBHOOK_SECRET_PREVIOUS",
        description="the one before, during a rotation",
    )
    webhook_url: str | None = Field(
        default=None,
        validation_alias="AEROPAY_WEBHOOK_URL",
        description="the callback as it was registered; default: where the call came in",
    )
    base_url: str | None = Field(
        default=None, validation_alias="AEROPAY_BASE_URL", description="address of the API; default: the environment's"
    )


class Aeropay(System[AeropayConfig]):
    id = "aeropay"
    name = NAME
    kind = KIND
    Config = AeropayConfig

    async def ask(self, config: AeropayConfig) -> Observation:
        """Ask for a merchant's token: there is no health page, and this proves everything that one would."""
        body: Json = {
            "scope": "merchant",
            "apiKey": config.api_key.get_secret_value(),
            "apiSecret": config.api_secret.get_secret_value(),
            "id": config.merchant_id,
        }
        address = url_of(config.base_url or ADDRESSES[config.environment], "token")
        reply = await self.http.request("POST", address, json=body)
        return replace(judge(reply, config.environment), expiry=self._expiry_in(reply))

    def _expiry_in(self, reply: Reply) -> Expiry | None:
        """The token lives for `TTL` seconds; the next one is got with the key pair, whose end no answer states."""
        lives = at(peek(reply), "TTL") if reply.ok else None
        return expiry_in(self.http.clock, lives, "access token", renews=True)


def judge(reply: Reply, environment: str) -> Observation:
    """Most failures come with status 200: a token, no `error` and no `success: false` make a success."""
    code = code_in(reply, "error.code", "code", "error")
    body = peek(reply)
    if code in BAD_CREDENTIALS:
        return failed(reply, ErrorClass.AUTH, code)
    if bad := failure_by_status(reply, code):
        return bad
    if isinstance(body, dict) and ("error" in body or body.get("success") is False):
        return failed(reply, ErrorClass.CLIENT, code)
    token = at(body, "token")
    return online(reply, message=environment) if isinstance(token, str) and token else undocumented(reply)


INTEGRATION = Aeropay
