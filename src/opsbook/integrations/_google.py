"""What the systems of Google share: the way to an access token, and what their error bodies mean.

Two ways: an access token as it is, or a refresh token with its client (what `gcloud auth application-default login`
stores, or an offline consent). A service account's key needs RSA signatures, for which no library is a dependency here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

from pydantic import Field, SecretStr

from opsbook.integrations._system import System, SystemConfig
from opsbook.integrations._tokens import Token, TokenCache
from opsbook.integrations._verdicts import at, code_in, failed, failure_by_status, peek
from opsbook.sdk.errors import NeverWorks, PersonNeeded
from opsbook.sdk.http import HttpClient, Reply, bearer
from opsbook.sdk.integration import ErrorClass, Expiry, Observation
from opsbook.sdk.values import Json

THROTTLES = frozenset(
    {
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "quotaExceeded",
        "dailyLimitExceeded",
        "usageLimits",
        "RESOURCE_EXHAUSTED",
        "RATE_LIMIT_EXCEEDED",
    }
)
RECONNECT = "Connect the account again and store the new refresh token."
CODES = ("error.errors.0.reason", "error.details.0.reason", "error.status")


class GoogleConfig(SystemConfig):
    """The account that a Google system is asked with."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("client_id", "client_secret", "refresh_token"),
        ("access_token",),
    )

    client_id: str | None = Field(
        default=None, validation_alias="GOOGLE_CLIENT_ID", description="OAuth client of the refresh token"
    )
    client_secret: SecretStr | None = Field(
        default=None, validation_alias="GOOGLE_CLIENT_SECRET", description="secret of the OAuth client"
    )
    refresh_token: SecretStr | None = Field(
        default=None, validation_alias="GOOGLE_REFRESH_TOKEN", description="offline refresh token of the account"
    )
    access_token: SecretStr | None = Field(
        default=None, validation_alias="GOOGLE_ACCESS_TOKEN", description="an access token, used as it is"
    )
    token_url: str = Field(
        default="https://oauth2.googleapis.com/token",
        validation_alias="GOOGLE_TOKEN_URL",
        description="where a refresh token is exchanged",
    )


G = TypeVar("G", bound=GoogleConfig)


class GoogleSystem(System[G], Generic[G]):
    """A system of Google's that is asked with a bearer token."""

    def __init__(self, config: G | None, http: HttpClient, state: Mapping[str, Json] | None = None) -> None:
        super().__init__(config, http, state)
        self.tokens = TokenCache(http.clock)

    async def fetched(
        self,
        config: G,
        method: str,
        url: str,
        *,
        params: dict[str, str | int] | None = None,
        json: Json | None = None,
        total_seconds: float | None = None,
    ) -> Reply:
        """The reply to a request with a token. Raises `PersonNeeded` (`credentials`) when there is no token to get."""

        async def use(token: str) -> Reply:
            headers = bearer(token)
            return await self.http.request(
                method, url, headers=headers, params=params, json=json, total_seconds=total_seconds
            )

        if config.access_token is not None:
            return await use(config.access_token.get_secret_value())
        return await self.tokens.use(lambda: self._exchange(config), use)

    async def _exchange(self, config: G) -> Token:
        form = {
            "grant_type": "refresh_token",
            "client_id": config.client_id or "",
            "client_secret": config.client_secret.get_secret_value() if config.client_secret else "",
            "refresh_token": config.refresh_token.get_secret_value() if config.refresh_token else "",
        }
        reply = await self.http.request("POST", config.token_url, form=form)
        if reply.status in (400, 401, 403):
            code = code_in(reply, "error") or f"status {reply.status}"
            raise PersonNeeded(f"The refresh token was refused ({code}).", cure=RECONNECT, code="credentials")
        body = reply.checked().object()
        token, lives = body.get("access_token"), body.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(lives, int | float):
            raise NeverWorks("The answer to the refresh token holds no access token.", code="bad_reply")
        self.http.redactor.learn([token])
        rest = body.get("refresh_token_expires_in")  # only where access was granted for a time
        return Token(token, float(lives), renewable_seconds=rest)

    def expiry(self) -> Expiry | None:
        return self.tokens.expiry()


def failure_at_google(reply: Reply) -> Observation | None:
    """What a reply of a Google API says of the system; None for 2xx, whose body must be judged.

    A quota comes as 403 too, with a reason; any other 403 is a missing scope or share.
    """
    body = peek(reply)
    said = {str(at(body, path)) for path in CODES}
    code = code_in(reply, *CODES)
    if not reply.ok and said & THROTTLES:
        return failed(reply, ErrorClass.THROTTLED, code)
    return failure_by_status(reply, code)
