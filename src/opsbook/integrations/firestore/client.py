"""Firestore, asked over REST with an access token, or an emulator."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import quote

from pydantic import Field

from opsbook.integrations._google import GoogleConfig, GoogleSystem, failure_at_google
from opsbook.integrations._system import ROOMY_MS, url_of
from opsbook.integrations._verdicts import at, online, peek, undocumented
from opsbook.integrations.firestore import KIND, NAME
from opsbook.sdk.http import Reply, bearer
from opsbook.sdk.integration import Observation


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


class Firestore(GoogleSystem[FirestoreConfig]):
    id = "firestore"
    name = NAME
    kind = KIND
    Config = FirestoreConfig
    slow_after_ms = ROOMY_MS

    async def ask(self, config: FirestoreConfig) -> Observation:
        """Read one fixed document (one billed read); that it is absent proves the round trip as well."""
        path = f"v1/projects/{config.project}/databases/{quote(config.database, safe='()')}/documents/"
        path += quote(config.probe_document)
        if config.emulator_host:
            address = url_of(f"http://{config.emulator_host}", path)
            return judge(await self.http.request("GET", address, headers=bearer("owner")))
        return judge(await self.fetched(config, "GET", url_of(config.base_url, path)))


def judge(reply: Reply) -> Observation:
    """A missing document is good; a missing database is a 404 as well, and is not."""
    body = peek(reply)
    if reply.status == 404 and str(at(body, "error.message")).startswith("Document "):
        return online(reply)
    if bad := failure_at_google(reply):
        return bad
    return online(reply) if isinstance(at(body, "name"), str) else undocumented(reply)


INTEGRATION = Firestore
