"""Slack: a bot's token, an incoming webhook, or both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from opsbook.integrations._system import System, SystemConfig, url_of
from opsbook.integrations._verdicts import at, code_in, failed, failure_by_status, online, peek, undocumented
from opsbook.integrations.slack import KIND, NAME
from opsbook.integrations.slack.actions import WEBHOOK, Bot, Webhook
from opsbook.integrations.slack.types import BAD_CREDENTIALS
from opsbook.sdk.effects import Connector
from opsbook.sdk.http import Reply, bearer
from opsbook.sdk.integration import ErrorClass, Observation
from opsbook.sdk.values import listed

THEIR_FAULT = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})


class SlackConfig(SystemConfig):
    """A bot with its alert channel, or a webhook, which is bound to a channel of its own."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("bot_token", "alert_channel"), ("webhook_url",))

    bot_token: SecretStr | None = Field(
        default=None, validation_alias="SLACK_BOT_TOKEN", description="token of the bot"
    )
    alert_channel: str | None = Field(
        default=None,
        validation_alias="SLACK_ALERT_CHANNEL",
        pattern=rf"^([CGD][A-Z0-9]{{2,20}}|{WEBHOOK})$",
        description="id of the channel that messages go to",
    )
    channels: Annotated[tuple[str, ...], BeforeValidator(listed)] = Field(
        default=(), validation_alias="SLACK_CHANNELS", description="ids of other channels that the bot may write to"
    )
    team_id: str | None = Field(
        default=None, validation_alias="SLACK_TEAM_ID", description="id of the workspace that the token must belong to"
    )
    webhook_url: SecretStr | None = Field(
        default=None, validation_alias="SLACK_WEBHOOK_URL", description="address of an incoming webhook"
    )
    signing_secret: SecretStr | None = Field(
        default=None, validation_alias="SLACK_SIGNING_SECRET", description="secret that Slack signs its calls with"
    )
    signing_secret_previous: SecretStr | None = Field(
        default=None, validation_alias="SLACK_SIGNING_SECRET_PREVIOUS", description="the one before, during a rotation"
    )
    base_url: str = Field(
        default="https://slack.com/api", validation_alias="SLACK_BASE_URL", description="address of the API"
    )

    @model_validator(mode="before")
    @classmethod
    def _the_webhook_is_a_channel(cls, values: Any) -> Any:
        alone = isinstance(values, dict) and values.get("webhook_url") and not values.get("bot_token")
        return {**values, "alert_channel": WEBHOOK} if alone else values


class Slack(System[SlackConfig]):
    id = "slack"
    name = NAME
    kind = KIND
    Config = SlackConfig

    async def ask(self, config: SlackConfig) -> Observation:
        """Who the bot is; or, with a webhook alone, an empty message, which is refused when the webhook is alive."""
        if config.bot_token is not None:
            address = url_of(config.base_url, "auth.test")
            reply = await self.http.request(
                "POST", address, headers=bearer(config.bot_token.get_secret_value()), form={}
            )
            return judge(reply, config.team_id)
        address = config.webhook_url.get_secret_value() if config.webhook_url else ""
        return judge_webhook(await self.http.request("POST", address, json={}))

    def connectors(self) -> Sequence[Connector]:
        """The bot first: what it sends can be searched for."""
        found: list[Connector] = []
        config = self.config
        if config is not None and config.bot_token is not None and config.alert_channel is not None:
            channels = dict.fromkeys((config.alert_channel, *config.channels))
            found.append(Bot(self.http, config.base_url, config.bot_token.get_secret_value(), tuple(channels)))
        if config is not None and config.webhook_url is not None:
            found.append(Webhook(self.http, config.webhook_url.get_secret_value()))
        return found


def judge(reply: Reply, team: str | None) -> Observation:
    """Failures come with status 200 and `ok: false`."""
    if bad := failure_by_status(reply):
        return bad
    body = peek(reply)
    if at(body, "ok") is True:
        if team is not None and at(body, "team_id") != team:
            return failed(reply, ErrorClass.AUTH, "another_workspace")
        return online(reply)
    if at(body, "ok") is not False:
        return undocumented(reply)
    code = code_in(reply, "error")
    if code in BAD_CREDENTIALS:
        return failed(reply, ErrorClass.AUTH, code)
    if code in ("ratelimited", "rate_limited"):
        return failed(reply, ErrorClass.THROTTLED, code)
    return failed(reply, ErrorClass.SERVER if code in THEIR_FAULT else ErrorClass.CLIENT, code)


def judge_webhook(reply: Reply) -> Observation:
    """A webhook that is alive refuses an empty message with `no_text`; nothing is posted."""
    if reply.status == 400 and reply.text().strip() in ("no_text", "invalid_payload"):
        return online(reply)
    return failure_by_status(reply) or undocumented(reply)


INTEGRATION = Slack
