"""What the systems of Google share: the account that they are asked with, and what their error bodies mean.

There are four ways to an access token, in the order in which they count where several are set: one as it is; a service
account's key; a refresh token with its client (what `gcloud auth application-default login` stores, or an offline
consent); and the metadata server of a machine of Google's.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

from pydantic import AliasChoices, Field, SecretStr, field_validator

from opsbook.integrations import _service_account
from opsbook.integrations._google_tokens import by_key, by_machine, by_refresh_token
from opsbook.integrations._mail import SENDER
from opsbook.integrations._system import System, SystemConfig
from opsbook.integrations._tokens import Token, TokenCache
from opsbook.integrations._verdicts import at, code_in, failed, failure_by_status, peek
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
CODES = ("error.errors.0.reason", "error.details.0.reason", "error.status")
SCOPE = "https://www.googleapis.com/auth/"
WAYS: Mapping[str, str] = {  # by the first field of a group of `needs`; of several that are complete the first counts
    "emulator_host": "an emulator",
    "access_token": "GOOGLE_ACCESS_TOKEN",
    "credentials": "GOOGLE_APPLICATION_CREDENTIALS",
    "client_id": "GOOGLE_REFRESH_TOKEN",
    "metadata_host": "GCE_METADATA_HOST",
}


class GoogleConfig(SystemConfig):
    """The account that a Google system is asked with."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("credentials",),
        ("client_id", "client_secret", "refresh_token"),
        ("access_token",),
        ("metadata_host",),
    )

    credentials: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices(_service_account.SETTING, "FIREBASE_SERVICE_ACCOUNT_KEY"),
        description="key of a service account: the path of its JSON file, or its text, also in base64",
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
        description="where a refresh token or a key is exchanged",
    )
    metadata_host: str | None = Field(
        default=None,
        validation_alias="GCE_METADATA_HOST",
        pattern=r"^(metadata\.google\.internal|169\.254\.169\.254|\[fd20:ce::254\]"
        r"|(localhost|127\.0\.0\.1|\[::1\]):\d+)$",
        description="metadata.google.internal, to ask as the account that a machine of Google's runs as",
    )

    @field_validator("credentials")
    @classmethod
    def _holds_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _service_account.read(value.get_secret_value())
        return value

    @classmethod
    def secrets_in(cls, name: str, value: str) -> Iterable[str]:
        return _service_account.secrets_in(value) if name == "credentials" else super().secrets_in(name, value)


class WorkspaceConfig(GoogleConfig):
    """The account of a system that belongs to people: a service account can be let act for one of them."""

    subject: str | None = Field(
        default=None,
        validation_alias="GOOGLE_SUBJECT",
        pattern=SENDER,
        description="user that a service account's key acts for (domain-wide delegation)",
    )


G = TypeVar("G", bound=GoogleConfig)


class GoogleSystem(System[G], Generic[G]):
    """A system of Google's that is asked with a bearer token."""

    def __init__(self, config: G | None, http: HttpClient, state: Mapping[str, Json] | None = None) -> None:
        super().__init__(config, http, state)
        self.tokens = TokenCache(http.clock)

    @abstractmethod
    def scopes(self, config: G) -> Sequence[str]:
        """What a token must allow: no more than what is asked with these settings."""

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
        return await self.tokens.use(lambda: self._token(config), use)

    async def _token(self, config: G) -> Token:
        match way(config):
            case "credentials":
                subject = config.subject if isinstance(config, WorkspaceConfig) else None
                given = _shown(config.credentials)
                return await by_key(self.http, config.token_url, given, self.scopes(config), subject)
            case "metadata_host":
                return await by_machine(self.http, config.metadata_host or "", self.scopes(config))
        secret, refresh = _shown(config.client_secret), _shown(config.refresh_token)
        return await by_refresh_token(self.http, config.token_url, config.client_id or "", secret, refresh)

    def expiry(self) -> Expiry | None:
        return self.tokens.expiry()

    def asked_with(self) -> str:
        return WAYS[way(self.config)] if self.config else ""


def way(config: GoogleConfig) -> str:
    """The field that says how a token is got: of the complete groups of `needs` the first in the order of `WAYS`."""
    given = {name for name in type(config).model_fields if getattr(config, name) is not None}
    complete = {group[0] for group in config.needs if given.issuperset(group)}
    return next(name for name in WAYS if name in complete)


def _shown(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


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
