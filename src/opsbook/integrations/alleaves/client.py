"""Alleaves, point of sale: whether its API answers to our account. Read only."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, SecretStr

from opsbook.integrations._system import System, SystemConfig, url_of
from opsbook.integrations._tokens import Token, TokenCache
from opsbook.integrations._verdicts import at, code_in, failed, failure_by_status, online, peek, undocumented
from opsbook.integrations.alleaves import KIND, NAME
from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.http import HttpClient, Reply, bearer
from opsbook.sdk.integration import ErrorClass, Expiry, Observation
from opsbook.sdk.values import Json

USUAL_LIFE = 3600.0  # seconds; taken when a token does not say when it ends (they are said to last a day)


class AlleavesConfig(SystemConfig):
    """One user's name and password; the PIN is only part of the JSON way of signing in."""

    username: str = Field(validation_alias="ALLEAVES_USERNAME", description="user name")
    password: SecretStr = Field(validation_alias="ALLEAVES_PASSWORD", description="password")
    pin: SecretStr | None = Field(default=None, validation_alias="ALLEAVES_PIN", description="PIN of the user")
    auth: Literal["json", "basic"] | None = Field(
        default=None,
        validation_alias="ALLEAVES_AUTH",
        description="how to sign in; default: json with a PIN, else basic",
    )
    webhook_secret: SecretStr | None = Field(
        default=None, validation_alias="ALLEAVES_WEBHOOK_SECRET", description="secret that its calls are signed with"
    )
    webhook_secret_previous: SecretStr | None = Field(
        default=None,
        validation_alias="ALLEAVES_WEBHOOK_SECRET_PREVIOUS",
        description="the one before, during a rotation",
    )
    base_url: str = Field(
        default="https://app.alleaves.com/api", validation_alias="ALLEAVES_BASE_URL", description="address of the API"
    )


class Alleaves(System[AlleavesConfig]):
    id = "alleaves"
    name = NAME
    kind = KIND
    Config = AlleavesConfig

    def __init__(
        self, config: AlleavesConfig | None, http: HttpClient, state: Mapping[str, Json] | None = None
    ) -> None:
        super().__init__(config, http, state)
        self.tokens = TokenCache(http.clock)

    async def ask(self, config: AlleavesConfig) -> Observation:
        """List the locations with the token at hand; a token that is refused is replaced once."""

        async def use(token: str) -> Reply:
            return await self.http.request("GET", url_of(config.base_url, "location"), headers=bearer(token))

        return judge(await self.tokens.use(lambda: self._sign_in(config), use))

    async def _sign_in(self, config: AlleavesConfig) -> Token:
        address = url_of(config.base_url, "auth")
        password = config.password.get_secret_value()
        if (config.auth or ("json" if config.pin else "basic")) == "basic":
            reply = await self.http.request("POST", address, basic=(config.username, password))
        else:
            body: dict[str, Json] = {"username": config.username, "password": password}
            if config.pin is not None:
                body["pin"] = config.pin.get_secret_value()
            reply = await self.http.request("POST", address, json=body)
        token = reply.checked().object().get("token")
        if not isinstance(token, str) or not token:
            raise NeverWorks("The answer to the sign-in holds no token.", code="bad_reply")
        self.http.redactor.learn([token])
        life = self._life(token)
        return Token(token, USUAL_LIFE if life is None else life, stated=life is not None)

    def expiry(self) -> Expiry | None:
        return self.tokens.expiry()

    def _life(self, token: str) -> float | None:
        """Seconds until the end that the token states in its own `exp`; None when it cannot be read."""
        part = [*token.split("."), ""][1]
        try:
            ends = at(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))), "exp")
        except (ValueError, binascii.Error):
            return None
        if not isinstance(ends, int | float):
            return None
        return max(0.0, ends - self.http.clock.now().timestamp())


def judge(reply: Reply) -> Observation:
    """What a list of locations looks like is documented nowhere; an error key is taken for a failure."""
    code = code_in(reply, "error", "code")
    if bad := failure_by_status(reply, code):
        return bad
    body = peek(reply)
    if isinstance(body, dict) and ("error" in body or body.get("success") is False):
        return failed(reply, ErrorClass.SERVER, code)
    return online(reply) if isinstance(body, list | dict) else undocumented(reply)


INTEGRATION = Alleaves
