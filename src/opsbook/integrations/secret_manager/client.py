"""Google's Secret Manager over REST: reads one version of a secret, and checks that it arrived as it was sent."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import Field

from opsbook.integrations._google import SCOPE, GoogleConfig, GoogleSystem, failure_at_google
from opsbook.integrations._system import ROOMY_MS, url_of
from opsbook.integrations._verdicts import at, code_in, online, peek, undocumented
from opsbook.integrations.secret_manager import KIND, NAME
from opsbook.integrations.secret_manager.checksum import crc32c
from opsbook.sdk.errors import Conflict, NeverWorks, NotFound, PersonNeeded
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import Observation
from opsbook.sdk.references import LATEST, PREVIOUS, Reference, Secret

KEPT_SECONDS = 55 * 60.0  # an access stands in the audit log, so a good one counts for the hourly watch


class SecretManagerConfig(GoogleConfig):
    """The project, and the secret that the probe reads. The account needs roles/secretmanager.secretAccessor."""

    project: str = Field(
        validation_alias="GOOGLE_CLOUD_PROJECT",
        pattern=r"^[a-z0-9][a-z0-9:.\-]{3,62}$",
        description="id of the Google Cloud project",
    )
    probe_secret: str = Field(
        validation_alias="SECRET_MANAGER_PROBE_SECRET",
        pattern=r"^[A-Za-z0-9_-]{1,255}$",
        description="secret that the probe reads; without it the first one that a setting refers to",
    )
    base_url: str = Field(
        default="https://secretmanager.googleapis.com",
        validation_alias="SECRET_MANAGER_BASE_URL",
        description="address of the API",
    )


@dataclass(frozen=True)
class Payload:
    """What an access brought: the number of the version, and its bytes."""

    version: str
    data: bytes = field(repr=False)


class SecretManager(GoogleSystem[SecretManagerConfig]):
    id = "secret_manager"
    name = NAME
    kind = KIND
    Config = SecretManagerConfig
    slow_after_ms = ROOMY_MS
    _seen: tuple[float, Observation] | None = None

    def scopes(self, config: SecretManagerConfig) -> Sequence[str]:
        return (f"{SCOPE}cloud-platform",)

    async def ask(self, config: SecretManagerConfig) -> Observation:
        """Read the latest version of one secret and discard it; a good answer is kept for most of an hour."""
        now = self.http.clock.monotonic()
        if self._seen and now - self._seen[0] < KEPT_SECONDS:
            minutes = (now - self._seen[0]) / 60
            return replace(self._seen[1], message=f"As {minutes:.0f} min ago: each access is audited.")
        seen = judge(await self._accessed(config, Reference(config.probe_secret)))
        self._seen = (now, seen) if seen.error_class is None else None
        return seen

    async def secret(self, reference: Reference) -> Secret | None:
        """One version of one secret as text, without one line break at its end. See `sdk/references.py`."""
        config = self._configured()
        if reference.version != PREVIOUS:
            return self._read(await self._sound(config, reference))
        latest = await self._sound(config, replace(reference, version=LATEST))
        before = int(latest.version) - 1
        if before < 1:
            return None
        try:
            return self._read(await self._sound(config, replace(reference, version=str(before))))
        except (NotFound, Conflict):  # destroyed or disabled: the rotation is over
            return None

    async def _sound(self, config: SecretManagerConfig, reference: Reference) -> Payload:
        """The payload; one that arrives broken is asked for once more."""
        for _ in range(2):
            payload = payload_of(refused(await self._accessed(config, reference)))
            if payload is not None:
                return payload
        raise NeverWorks("A secret arrived with a wrong checksum twice.", code="bad_reply")

    async def _accessed(self, config: SecretManagerConfig, reference: Reference) -> Reply:
        path = f"v1/projects/{config.project}/secrets/{reference.name}/versions/{reference.version}:access"
        return await self.fetched(config, "GET", url_of(config.base_url, path))

    def _read(self, payload: Payload) -> Secret:
        try:
            whole = payload.data.decode("utf-8")
        except UnicodeDecodeError:
            raise NeverWorks("The secret is not text in UTF-8.", code="bad_reply") from None
        text = whole.removesuffix("\n").removesuffix("\r") if whole.endswith("\n") else whole
        self.http.redactor.learn([text])
        return Secret(text, payload.version, text != whole)


def refused(reply: Reply) -> Reply:
    """Itself when it is good. Raises what keeps a person from the secret, and the errors of `Reply.checked`."""
    code = code_in(reply, "error.status")
    if reply.status == 404:
        raise NotFound("Secret Manager has no such secret, or no such version of it.", cure="`gcloud secrets list`.")
    if reply.status == 400 and code == "FAILED_PRECONDITION":
        raise Conflict("The version is disabled or destroyed.", cure="Enable it, or refer to another one.")
    if reply.status in (401, 403):
        raise PersonNeeded(
            f"Secret Manager refused our credentials ({code or reply.status}).",
            cure="The account needs roles/secretmanager.secretAccessor, and its token must be alive.",
            code="credentials",
        )
    return reply.checked()


def payload_of(reply: Reply) -> Payload | None:
    """The bytes of a good answer; None when their checksum is another one. Raises `NeverWorks` (`bad_reply`)."""
    body = peek(reply)
    encoded, crc = at(body, "payload.data"), at(body, "payload.dataCrc32c")
    version = str(at(body, "name")).rpartition("/versions/")[2]
    if not (isinstance(crc, str) and crc.isascii() and crc.isdigit() and version.isascii() and version.isdigit()):
        raise NeverWorks("Secret Manager answered with something that it does not document.", code="bad_reply")
    try:
        data = b64decode(encoded if isinstance(encoded, str) else "", validate=True)
    except (binascii.Error, ValueError):
        return None
    return Payload(version, data) if crc32c(data) == int(crc) else None


def judge(reply: Reply) -> Observation:
    """A payload with its checksum is online, whatever it holds."""
    if bad := failure_at_google(reply):
        return bad
    try:
        payload = payload_of(reply)
    except NeverWorks:
        payload = None
    return online(reply) if payload else undocumented(reply)


INTEGRATION = SecretManager
