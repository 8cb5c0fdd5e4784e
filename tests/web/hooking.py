"""A deployment whose doors for events are open, with playbooks that listen."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from opsbook.app import App, open_app, the_world
from opsbook.playbooks.model import Playbook
from opsbook.records.rows import Row
from opsbook.runs.memory import MemoryEngine
from opsbook.sdk.http import HttpClient
from opsbook.sdk.testing import FakeSystem, Scripted
from opsbook.web.site import create_app
from web.serving import API, WrongByHours, settings_in
from web.signing import BASE, HOOKS, INTEGRATIONS, Parcel


def listening_to(*events: str, **more: Any) -> dict[str, Any]:
    heard = {"what": "{{ trigger.event }}", "kind": "{{ trigger.type }}", "came": "{{ event }}"}
    steps = [{"id": "hear", "type": "set", "values": heard, "save_as": "heard"}]
    return {"triggers": [{"event": event} for event in events], "steps": steps, **more}


LISTENERS: dict[str, dict[str, Any]] = {
    "on_invoice": listening_to("billing.invoice.paid"),
    "on_billing": listening_to("billing.*", "billing.invoice.*"),
    "on_refund": listening_to("billing.refund", inputs={"amount": {"type": "number", "required": True}}),
    "on_nothing": listening_to("billing.*", enabled=False),
    "on_button": listening_to("slack.block_actions.*"),
    "on_payment": listening_to("cannpay.*"),
    "on_build": listening_to("builds.com.example.build.done"),
}


@dataclass(frozen=True)
class Doors:
    """The open deployment, and a client without any token that comes in by the front door."""

    app: App
    site: FastAPI
    client: httpx.AsyncClient
    desk: FakeSystem

    async def deliver(self, parcel: Parcel, **changed: Any) -> httpx.Response:
        sent = replace(parcel, **changed)
        return await self.client.post(f"/hooks/{sent.door}", content=sent.body, headers=sent.headers)

    def events(self) -> list[Row]:
        return self.app.inbound.events.latest()

    def runs(self, playbook_id: str | None = None) -> list[Row]:
        return self.app.records.runs.latest(playbook_id=playbook_id)

    async def seen(self, event_id: str) -> dict[str, Any]:
        answer = await self.client.get(f"/api/v1/events/{event_id}", headers=API)
        found: dict[str, Any] = answer.json()
        return found


@asynccontextmanager
async def doors_in(
    home: Path, store: Path | None, at: datetime, answers: Mapping[str, Scripted] | None = None, **more: Any
) -> AsyncIterator[Doors]:
    """Open on a copy of `store`, or on what stands in `home` already."""
    given = {"hooks": HOOKS, "integrations": INTEGRATIONS, "public_url": BASE, **more}
    settings = settings_in(home, **given)
    if store is not None:
        shutil.copytree(store.parent, home)
    desk = FakeSystem(answers or {})
    clock = WrongByHours(at)
    http = HttpClient(transport=desk, clock=clock)
    world = the_world(settings, clock=clock, make_engine=lambda store, clock: MemoryEngine(), http=http, environment={})
    async with open_app(settings, world) as app, app.working():
        if store is not None:
            for playbook_id, document in LISTENERS.items():
                whole = {"id": playbook_id, "name": playbook_id.replace("_", " "), **document}
                playbook = Playbook.model_validate(whole, context={"catalog": app.catalog})
                app.operations.publish(playbook, f"# {playbook_id}\n", "a test")
        site = create_app(app)
        transport = httpx.ASGITransport(site, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://opsbook.test") as client:
            yield Doors(app, site, client, desk)
