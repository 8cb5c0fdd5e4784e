"""Firestore, asked over REST with an access token, or an emulator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import quote

from pydantic import Field

from opsbook.integrations._google import SCOPE, GoogleConfig, GoogleSystem, failure_at_google
from opsbook.integrations._patience import Sleep
from opsbook.integrations._system import ROOMY_MS, url_of
from opsbook.integrations._verdicts import at, online, peek, undocumented
from opsbook.integrations.firestore import KIND, NAME
from opsbook.integrations.firestore.documents import Documents
from opsbook.sdk.http import Reply, bearer
from opsbook.sdk.integration import Observation
from opsbook.sdk.values import JsonObject


class FirestoreConfig(GoogleConfig):
    """Project, database, and the one document that the probe reads."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (*GoogleConfig.needs, ("emulator_host",))

    project: str = Field(
        validation_alias="GOOGLE_CLOUD_PROJECT",
        pattern=r"^[a-z0-9][a-z0-9:.\-]{3,62}$",
        description="id of the Google Cloud project",
    )
    database: str = Field(default="(default)", validation_alias="FIRESTORE_DATABASE", description="id of the database")
    probe_document: str = Field(
        default="opsbook/probe",
        validation_alias="FIRESTORE_PROBE_DOCUMENT",
        pattern=r"^[^/]+/[^/]+(/[^/]+/[^/]+)*$",
        description="path of the document that the probe reads; it need not exist",
    )
    emulator_host: str | None = Field(
        default=None,
        validation_alias="FIRESTORE_EMULATOR_HOST",
        pattern=r"^(localhost|127\.0\.0\.1|\[::1\]):\d+$",
        description="host:port of an emulator on this machine, for tests",
    )
    base_url: str = Field(
        default="https://firestore.googleapis.com",
        validation_alias="FIRESTORE_BASE_URL",
        description="address of the API",
    )
    mirror: bool = Field(
        default=False,
        validation_alias="FIRESTORE_MIRROR",
        description="write playbooks, runs and dashboard notifications to the database, for the platform's own screens",
    )
    subscription_months: int | None = Field(
        default=None,
        ge=1,
        le=120,
        validation_alias="FIRESTORE_SUBSCRIPTION_MONTHS",
        description="months that an amount pays for on subscriptions that do not say it; without it they are refused",
    )


class Firestore(GoogleSystem[FirestoreConfig]):
    id = "firestore"
    name = NAME
    kind = KIND
    Config = FirestoreConfig
    slow_after_ms = ROOMY_MS

    def scopes(self, config: FirestoreConfig) -> Sequence[str]:
        return (f"{SCOPE}datastore",)

    async def ask(self, config: FirestoreConfig) -> Observation:
        """Read one fixed document (one billed read); that it is absent proves the round trip as well."""
        path = f"v1/projects/{config.project}/databases/{quote(config.database, safe='()')}/documents/"
        return judge(await self._sent("GET", path + quote(config.probe_document)))

    def documents(self, sleep: Sleep) -> Documents | None:
        if self.config is None:
            return None
        return Documents(self._sent, self.config.project, self.config.database, sleep)

    @property
    def mirrors(self) -> bool:
        return self.config is not None and self.config.mirror

    async def _sent(
        self, method: str, path: str, body: JsonObject | None = None, total_seconds: float | None = None
    ) -> Reply:
        """One request, to the emulator where one is set."""
        config = self._configured()
        if config.emulator_host:
            address, headers = url_of(f"http://{config.emulator_host}", path), bearer("owner")
            return await self.http.request(method, address, headers=headers, json=body, total_seconds=total_seconds)
        return await self.fetched(config, method, url_of(config.base_url, path), json=body, total_seconds=total_seconds)


def judge(reply: Reply) -> Observation:
    """A missing document is good; a missing database is a 404 as well, and is not."""
    body = peek(reply)
    if reply.status == 404 and str(at(body, "error.message")).startswith("Document "):
        return online(reply)
    if bad := failure_at_google(reply):
        return bad
    return online(reply) if isinstance(at(body, "name"), str) else undocumented(reply)


INTEGRATION = Firestore
