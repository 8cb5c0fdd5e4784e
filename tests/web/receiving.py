"""A deployment that sends campaigns by Mailjet and hears of each letter at its door; nothing of it is due by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from integrations.mailers import Arrived, MailjetDesk
from opsbook.app import App, open_app, the_world
from opsbook.records.campaigns import Campaigns as CampaignRows
from opsbook.runs.memory import MemoryEngine
from opsbook.sdk.http import Answer, HttpClient
from opsbook.sdk.testing import json_answer
from opsbook.web.site import create_app
from stories.sending import ALWAYS, approve, draft, settle
from web import signing
from web.serving import WrongByHours, settings_in

MAILJET = {
    "api_key": "public",
    "secret_key": "private",
    "sender": "ops@example.com",
    "webhook_user": "events",
    "webhook_password": SecretStr(signing.KEY),
}
SETTINGS: dict[str, Any] = {
    "integrations": {"mailjet": MAILJET},
    "public_url": signing.BASE,
    "postal_address": "1 Harbor Street, Albany NY",
    "people": {
        "owner": {"email": "owner@example.com", "roles": ["owner", "approver"]},
        "second": {"email": "second@example.com", "roles": ["approver"]},
    },
    "campaigns": {"weekdays": ALWAYS, "saturday": ALWAYS, "sunday": ALWAYS},
}


@dataclass
class Wire(MailjetDesk):
    """Mailjet; it can be in a state in which its list cannot be read, take no more than so many, or outlive us."""

    unreadable: bool = False
    most: int = 1000
    we_die: bool = False

    def _listed(self, query: dict[str, list[str]]) -> Answer:
        return json_answer({"nothing": "readable"}) if self.unreadable else super()._listed(query)

    def took(self, mail: Arrived, answer: Answer) -> Answer:
        if len(self.arrived) >= self.most:
            return json_answer({"ErrorMessage": "later"}, 429, retry_after="3600")
        taken = super().took(mail, answer)
        if self.we_die:
            self.we_die = False
            raise asyncio.CancelledError
        return taken


@dataclass
class Post:
    """The open deployment, Mailjet as its wire sees it, and the door that Mailjet knocks at."""

    app: App
    client: httpx.AsyncClient
    desk: Wire
    clock: WrongByHours
    folder: Path
    organizations: Sequence[str] = ()

    async def approved(self, number: int, key: str = "key_1") -> str:
        """A campaign to so many recipients, whom everybody agrees to write to."""
        if not self.organizations:
            self.organizations = settle(self.app, self.folder, number)
        campaign_id = await draft(self.app, self.organizations, key)
        await approve(self.app, campaign_id)
        return campaign_id

    async def sent(self, number: int, key: str = "key_1") -> str:
        campaign_id = await self.approved(number, key)
        await self.app.sender.round()
        return campaign_id

    def event(self, kind: str, to: str, **more: Any) -> dict[str, Any]:
        """What Mailjet would tell of the last letter to an address."""
        place, mail = max((n, one) for n, one in enumerate(self.desk.arrived) if one.to == to)
        said = {"event": kind, "time": signing.AT, "MessageID": 7000 + place, "email": to, "CustomID": mail.mark}
        return {**said, **more}

    async def tell(self, *events: dict[str, Any], password: str = signing.KEY) -> int:
        parcel = signing.mailjet(list(events), password)
        answer = await self.client.post("/hooks/mailjet", content=parcel.body, headers=parcel.headers)
        return answer.status_code

    async def later(self, **gone: float) -> None:
        """So much time goes by, and what waits is looked at again."""
        self.clock.offset += timedelta(**gone)
        await self.app.clockwork.round(self.clock.now())

    def letters(self, campaign_id: str) -> dict[str, tuple[str, str | None]]:
        return {
            one["recipient"]: (one["state"], one["reason"]) for one in self.app.steering.letters(campaign_id, limit=999)
        }

    def status(self, campaign_id: str) -> str:
        return str(self.app.campaigns.get(campaign_id)["status"])

    def became(self) -> list[str]:
        """What became of each receipt, the oldest first."""
        return [row["outcome"]["receipt"]["became"] for row in reversed(self.app.inbound.events.latest(limit=999))]

    def spared(self, *addresses: str) -> dict[str, str]:
        return CampaignRows(self.app.store).suppressed("email", addresses)


@asynccontextmanager
async def post_in(folder: Path, desk: Wire) -> AsyncIterator[Post]:
    """Open on what stands in the folder already."""
    settings, clock = settings_in(folder / "home", **SETTINGS), WrongByHours(datetime.fromtimestamp(signing.AT, UTC))

    async def sleep(seconds: float) -> None:
        clock.offset += timedelta(seconds=seconds)

    http = HttpClient(transport=desk, clock=clock)
    world = the_world(
        settings,
        clock=clock,
        sleep=sleep,
        http=http,
        environment={},
        make_engine=lambda store, clock: MemoryEngine(),
    )
    async with open_app(settings, world) as app, app.working():
        transport = httpx.ASGITransport(create_app(app), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://opsbook.test") as client:
            yield Post(app, client, desk, clock, folder)
