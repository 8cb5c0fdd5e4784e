"""Amazon SES: an access key, the sender, and the probe, which asks how the account stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field, SecretStr

from opsbook.integrations._mail import SENDER, SenderName
from opsbook.integrations._system import System, SystemConfig, url_of
from opsbook.integrations._verdicts import at, failed, failure_by_status, online, peek, undocumented
from opsbook.integrations.ses import KIND, NAME
from opsbook.integrations.ses.actions import Mail
from opsbook.integrations.ses.signing import Key, signed
from opsbook.integrations.ses.types import BAD_CREDENTIALS, THROTTLES, code_of
from opsbook.sdk.effects import Connector
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import ErrorClass, Observation, Status
from opsbook.sdk.values import JsonObject, Unknown


class SesConfig(SystemConfig):
    """One access key, one region, one sender."""

    access_key_id: SecretStr = Field(validation_alias="AWS_SES_ACCESS_KEY_ID", description="id of the access key")
    secret_access_key: SecretStr = Field(
        validation_alias="AWS_SES_SECRET_ACCESS_KEY", description="secret of the access key"
    )
    region: str = Field(
        default="us-east-1",
        validation_alias="AWS_SES_REGION",
        pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$",
        description="region that mail is sent from",
    )
    sender: str = Field(
        validation_alias="SES_FROM",
        pattern=SENDER,
        description="address that mail is sent from",
    )
    sender_name: SenderName = Field(
        default="", max_length=80, validation_alias="SES_FROM_NAME", description="name beside the address"
    )
    configuration_set: str | None = Field(
        default=None,
        validation_alias="SES_CONFIGURATION_SET",
        pattern=r"^[A-Za-z0-9_\-]{1,64}$",
        description="name of the configuration set that mail is sent with",
    )
    base_url: str | None = Field(
        default=None, validation_alias="SES_BASE_URL", description="address of the API; default: the region's"
    )

    @property
    def key(self) -> Key:
        return Key(self.access_key_id.get_secret_value(), self.secret_access_key.get_secret_value(), self.region)

    @property
    def address(self) -> str:
        return self.base_url or f"https://email.{self.region}.amazonaws.com"


class Ses(System[SesConfig]):
    id = "ses"
    name = NAME
    kind = KIND
    Config = SesConfig

    async def ask(self, config: SesConfig) -> Observation:
        """How the account stands: its rights, its enforcement state and its quota, in one call."""
        address = url_of(config.address, "v2/email/account")
        headers = signed("GET", address, b"", {}, config.key, self.http.clock.now())
        return judge(await self.http.request("GET", address, headers=headers))

    def connectors(self) -> Sequence[Connector]:
        if self.config is None:
            return ()
        config = self.config
        return (
            Mail(self.http, config.address, config.key, config.sender, config.sender_name, config.configuration_set),
        )


def judge(reply: Reply) -> Observation:
    """An account that may not send is offline, whatever the status."""
    code = code_of(reply)
    if not reply.ok and code in THROTTLES:
        return failed(reply, ErrorClass.THROTTLED, code)
    if not reply.ok and code in BAD_CREDENTIALS:
        return failed(reply, ErrorClass.AUTH, code)
    if bad := failure_by_status(reply, code):
        return bad
    body = peek(reply)
    enabled, state = at(body, "SendingEnabled"), at(body, "EnforcementStatus")
    if not isinstance(enabled, bool) or not isinstance(at(body, "SendQuota"), dict):
        return undocumented(reply)
    quota = _quota(at(body, "SendQuota"))

    def seen(status: Status, error_class: ErrorClass, message: str) -> Observation:
        return Observation(status, reply.elapsed_ms, error_class, message, quota)

    if state == "SHUTDOWN":
        return seen(Status.OFFLINE, ErrorClass.CLIENT, "The account is shut down: SES sends nothing for it.")
    if not enabled:
        return seen(Status.OFFLINE, ErrorClass.CLIENT, "Sending is switched off for the account.")
    share = quota["used_share"]
    if isinstance(share, float) and share >= 1:
        return seen(Status.DEGRADED, ErrorClass.THROTTLED, "The day's quota is used up.")
    if state == "PROBATION":
        return seen(Status.DEGRADED, ErrorClass.CLIENT, "The account is under review (PROBATION).")
    sandbox = at(body, "ProductionAccessEnabled") is False
    return online(reply, quota=quota, message="In the sandbox: verified recipients only." if sandbox else "")


def _quota(row: Any) -> JsonObject:
    """`{used, limit, used_share, per_second}` of the last 24 hours; -1 is how SES writes "no limit"."""
    used, limit, rate = (at(row, name) for name in ("SentLast24Hours", "Max24HourSend", "MaxSendRate"))
    if not all(isinstance(figure, int | float) for figure in (used, limit)) or limit == 0:
        return {"used_share": Unknown("SES did not say its quota").as_json()}
    share = 0.0 if limit < 0 else round(used / limit, 6)
    return {"used": used, "limit": None if limit < 0 else limit, "used_share": share, "per_second": rate}


INTEGRATION = Ses
