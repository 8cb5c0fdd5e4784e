"""Firebase Auth, asked through Identity Toolkit's REST API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from opsbook.integrations._google import SCOPE, GoogleConfig, GoogleSystem, failure_at_google
from opsbook.integrations._system import ROOMY_MS, url_of
from opsbook.integrations._verdicts import at, online, peek, undocumented
from opsbook.integrations.firebase_auth import KIND, NAME
from opsbook.sdk.http import Reply, bearer
from opsbook.sdk.integration import Observation
from opsbook.sdk.values import Json

NOBODY = "opsbook-probe"  # a user id that no user has


class FirebaseAuthConfig(GoogleConfig):
    """Project, and an emulator for tests."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (*GoogleConfig.needs, ("emulator_host",))

    project: str = Field(
        validation_alias="GOOGLE_CLOUD_PROJECT",
        pattern=r"^[a-z0-9][a-z0-9:.\-]{3,62}$",
        description="id of the Google Cloud project",
    )
    emulator_host: str | None = Field(
        default=None,
        validation_alias="FIREBASE_AUTH_EMULATOR_HOST",
        pattern=r"^(localhost|127\.0\.0\.1|\[::1\]):\d+$",
        description="host:port of an emulator on this machine, for tests",
    )
    base_url: str = Field(
        default="https://identitytoolkit.googleapis.com",
        validation_alias="FIREBASE_AUTH_BASE_URL",
        description="address of the API",
    )


class FirebaseAuth(GoogleSystem[FirebaseAuthConfig]):
    id = "firebase_auth"
    name = NAME
    kind = KIND
    Config = FirebaseAuthConfig
    slow_after_ms = ROOMY_MS

    def scopes(self, config: FirebaseAuthConfig) -> Sequence[str]:
        return (f"{SCOPE}identitytoolkit",)

    async def ask(self, config: FirebaseAuthConfig) -> Observation:
        """Look up a user that does not exist: an authorised round trip that reads nobody's data."""
        path = f"v1/projects/{config.project}/accounts:lookup"
        body: Json = {"localId": [NOBODY]}
        if config.emulator_host:
            address = url_of(f"http://{config.emulator_host}/identitytoolkit.googleapis.com", path)
            return judge(await self.http.request("POST", address, headers=bearer("owner"), json=body))
        return judge(await self.fetched(config, "POST", url_of(config.base_url, path), json=body))


def judge(reply: Reply) -> Observation:
    """An answer without users is the good one."""
    if bad := failure_at_google(reply):
        return bad
    body = peek(reply)
    documented = isinstance(body, dict) and ("kind" in body or isinstance(at(body, "users"), list))
    return online(reply) if documented else undocumented(reply)


INTEGRATION = FirebaseAuth
