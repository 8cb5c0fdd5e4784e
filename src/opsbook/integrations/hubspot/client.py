"""HubSpot: whether it answers to our private app, how much of its daily quota is used, and its contacts."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SecretStr

from opsbook.integrations._patience import Sleep
from opsbook.integrations._system import System, SystemConfig, url_of
from opsbook.integrations._verdicts import at, code_in, failed, failure_by_status, online, peek, undocumented
from opsbook.integrations.hubspot import KIND, NAME
from opsbook.integrations.hubspot.contacts import PAGE_SECONDS, Contacts
from opsbook.sdk.http import Reply, bearer
from opsbook.sdk.integration import ErrorClass, Observation
from opsbook.sdk.values import JsonObject, Unknown, digest

KNOWN = frozenset({"SUCCESS", "CACHED"})  # what `fetchStatus` says when the figures are real


class HubSpotConfig(SystemConfig):
    """The token of a private app."""

    access_token: SecretStr = Field(validation_alias="HUBSPOT_ACCESS_TOKEN", description="token of the private app")
    client_secret: SecretStr | None = Field(
        default=None,
        validation_alias="HUBSPOT_CLIENT_SECRET",
        description="the app's secret, which its calls are signed with",
    )
    client_secret_previous: SecretStr | None = Field(
        default=None, validation_alias="HUBSPOT_CLIENT_SECRET_PREVIOUS", description="the one before, during a rotation"
    )
    base_url: str = Field(
        default="https://api.hubapi.com", validation_alias="HUBSPOT_BASE_URL", description="address of the API"
    )


class HubSpot(System[HubSpotConfig]):
    id = "hubspot"
    name = NAME
    kind = KIND
    Config = HubSpotConfig

    async def ask(self, config: HubSpotConfig) -> Observation:
        """The daily usage of private apps: proves the token and gives the quota in one call."""
        address = url_of(config.base_url, "account-info/v3/api-usage/daily/private-apps")
        return judge(await self.http.request("GET", address, headers=bearer(config.access_token.get_secret_value())))

    def feed(self, name: str, sleep: Sleep) -> Contacts | None:
        """`contacts`. Another token may be another account's, so it is another place."""
        config = self.config
        if config is None or name != "contacts":
            return None
        token = config.access_token.get_secret_value()
        address = url_of(config.base_url, "crm/v3/objects/contacts/search")

        async def search(question: JsonObject) -> Reply:
            return await self.http.request(
                "POST", address, headers=bearer(token), json=question, total_seconds=PAGE_SECONDS
            )

        return Contacts(search, digest([config.base_url, token]), sleep)


def judge(reply: Reply) -> Observation:
    """An error body may come with 200 as well."""
    code = code_in(reply, "category", "policyName")
    if bad := failure_by_status(reply, code):
        return bad
    body = peek(reply)
    if at(body, "status") == "error":
        return failed(reply, ErrorClass.SERVER, code)
    results = at(body, "results")
    if not isinstance(results, list):
        return undocumented(reply)
    return online(reply, quota=_quota(results[0]) if results else None)


def _quota(row: Any) -> JsonObject:
    """`{used, limit, used_share, resets_at}`; a figure that HubSpot could not fetch is unknown, not 0."""
    used, limit = at(row, "currentUsage"), at(row, "usageLimit")
    measured = at(row, "fetchStatus") in KNOWN and isinstance(used, int) and isinstance(limit, int) and limit > 0
    if not measured:
        return {"used_share": Unknown("HubSpot could not fetch its own figures").as_json()}
    resets = at(row, "resetsAt")
    return {
        "used": used,
        "limit": limit,
        "used_share": round(used / limit, 6),
        "resets_at": resets if isinstance(resets, str) else None,
    }


INTEGRATION = HubSpot
