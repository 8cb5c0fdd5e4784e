"""Alleaves, point of sale: whether its API answers to our account, and its orders. Read only."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator

from opsbook.integrations._patience import Sleep
from opsbook.integrations._system import System, SystemConfig, url_of
from opsbook.integrations._tokens import Token, TokenCache
from opsbook.integrations._verdicts import at, code_in, failed, failure_by_status, online, peek, undocumented
from opsbook.integrations.alleaves import KIND, NAME
from opsbook.integrations.alleaves.orders import PAGE_SECONDS, Orders
from opsbook.playbooks.zones import zone as zone_named
from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.http import HttpClient, Reply, bearer
from opsbook.sdk.integration import ErrorClass, Expiry, Observation
from opsbook.sdk.values import Json

USUAL_LIFE = 3600.0  # seconds; taken when a token does not say when it ends (they are said to last a day)


def _pairs(given: Any) -> Any:
    """A text such as `id=id_order, status=state`, as the environment has it, by its left sides."""
    if not isinstance(given, str):
        return given
    pairs = [part.partition("=") for part in given.split(",") if part.strip()]
    if any(not equals for _, equals, _ in pairs):
        raise ValueError("it is a list such as id=id_order, total_cents=total:usd")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


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
    orders_from: date | None = Field(
        default=None,
        validation_alias="ALLEAVES_ORDERS_FROM",
        description="date of the first order that is read into the warehouse, such as 2024-01-01",
    )
    order_fields: Annotated[dict[str, str], BeforeValidator(_pairs)] = Field(
        default_factory=dict,
        validation_alias="ALLEAVES_ORDER_FIELDS",
        description="which field of an order becomes which column of `orders`: ours = theirs, as for `opsbook load`",
    )
    zone: str = Field(
        default="UTC",
        validation_alias="ALLEAVES_ZONE",
        description="time zone of times that carry none, such as America/New_York",
    )

    @field_validator("zone")
    @classmethod
    def _is_known(cls, zone: str) -> str:
        return zone_named(zone).key


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
        return judge(await self._fetched(config, "location"))

    def feed(self, name: str, sleep: Sleep) -> Orders | None:
        """`orders`."""
        config = self.config
        if config is None or name != "orders":
            return None

        async def send(query: Mapping[str, str | int]) -> Reply:
            return await self._fetched(config, "order", query, PAGE_SECONDS)

        return Orders(send, f"{config.base_url} {config.username}", config.orders_from, self.http.clock.now, sleep)

    async def _fetched(
        self,
        config: AlleavesConfig,
        path: str,
        query: Mapping[str, str | int] | None = None,
        total_seconds: float | None = None,
    ) -> Reply:
        address = url_of(config.base_url, path)

        async def use(token: str) -> Reply:
            headers = bearer(token)
            return await self.http.request("GET", address, headers=headers, params=query, total_seconds=total_seconds)

        return await self.tokens.use(lambda: self._sign_in(config), use)

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
