"""CannPay (CanPay RemotePay), debit payments: whether its API answers, and what it knows of a payment. Read only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from opsbook.integrations._system import System, SystemConfig, url_of
from opsbook.integrations._verdicts import at, failed, failure_by_status, online, peek, undocumented
from opsbook.integrations.cannpay import KIND, NAME
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import ErrorClass, Observation
from opsbook.sdk.values import JsonObject

ADDRESSES = {"live": "https://api.canpaydebit.com", "sandbox": "https://sandbox-api.canpaydebit.com"}


class CannPayConfig(SystemConfig):
    """The integrator's keys. The probe does not send them: see the README."""

    app_key: SecretStr = Field(validation_alias="CANPAY_APP_KEY", description="app key")
    api_secret: SecretStr = Field(validation_alias="CANPAY_API_SECRET", description="API secret")
    integrator_id: str = Field(validation_alias="CANPAY_INTEGRATOR_ID", description="id of the integrator")
    environment: Literal["live", "sandbox"] = Field(
        validation_alias="CANPAY_ENVIRONMENT", description="live or sandbox"
    )
    base_url: str | None = Field(
        default=None, validation_alias="CANNPAY_BASE_URL", description="address of the API; default: the environment's"
    )


class CannPay(System[CannPayConfig]):
    id = "cannpay"
    name = NAME
    kind = KIND
    Config = CannPayConfig

    async def ask(self, config: CannPayConfig) -> Observation:
        """Read a fixed list of reasons: it proves that they can be reached, not that our keys are good."""
        address = url_of(config.base_url or ADDRESSES[config.environment], "integrator/getmodificationreason")
        return judge(await self.http.request("POST", address, form={"reason_type": "increase"}), config.environment)

    async def transaction(self, intent_id: str) -> JsonObject | None:
        """The vendor's record of a payment, None when it knows none. Reads only.

        Raises the errors of `HttpClient`, and those of `Reply.checked`.
        """
        config = self._configured()
        address = url_of(config.base_url or ADDRESSES[config.environment], "integrator/transactiondetails")
        form = {
            "app_key": config.app_key.get_secret_value(),
            "api_secret": config.api_secret.get_secret_value(),
            "integrator_id": config.integrator_id,
            "intent_id": intent_id,
        }
        body = (await self.http.request("POST", address, form=form)).checked().object()
        found = body.get("data")
        return found if str(body.get("code")) == "200" and isinstance(found, dict) else None


def judge(reply: Reply, environment: str) -> Observation:
    """Success is the body's own `code` 200; its failures come with the status 200 too."""
    if bad := failure_by_status(reply):
        return bad
    code = at(peek(reply), "code")
    if not isinstance(code, int | str) or not str(code).isdecimal():
        return undocumented(reply)
    number = int(code)
    if number == 200:
        return online(reply, message=environment)
    return failed(reply, ErrorClass.AUTH if number in (401, 403) else ErrorClass.SERVER, str(number))


INTEGRATION = CannPay
