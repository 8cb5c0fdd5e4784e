"""A deployment with a handful of tiny playbooks, and the words that open its doors."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from opsbook.app import App
from opsbook.playbooks.model import Playbook
from opsbook.sdk.clock import SystemClock
from opsbook.settings import Settings

SECRET, BEFORE, TOKEN = "cron-secret-of-the-tests", "cron-secret-from-before", "api-token-of-the-tests"
DOOR = "/api/cron/playbook-runner"
CRON = {"Authorization": f"Bearer {SECRET}"}
API = {"Authorization": f"Bearer {TOKEN}"}

DAILY: dict[str, Any] = {"schedule": {"cron": "0 9 * * *", "timezone": "America/New_York"}}
PLAYBOOKS: dict[str, dict[str, Any]] = {
    "says_hello": {
        "inputs": {"name": {"type": "string", "default": "you"}},
        "triggers": [DAILY],
        "steps": [{"id": "greet", "type": "set", "values": {"greeting": "hello {{ inputs.name }}"}, "save_as": "said"}],
        "success": [{"id": "greeted", "expr": "said.greeting.length > 3"}],
    },
    "always_fails": {"steps": [{"id": "check", "type": "assert", "that": "1 > 2", "message": "One is not more."}]},
    "goes_on": {
        "steps": [
            {"id": "check", "type": "assert", "that": "1 > 2", "on_error": "continue"},
            {"id": "rest", "type": "set", "values": {"a": 1}},
        ]
    },
    "takes_long": {"steps": [{"id": "pause", "type": "wait", "for": "1h"}]},
    "reports": {
        "agent": "leo",
        "steps": [
            {"id": "count", "type": "set", "values": {"n": 7}, "save_as": "shops"},
            {"id": "write", "type": "synthesize", "title": "Shops", "save_as": "report"},
        ],
    },
    "is_off": {"enabled": False, "steps": [{"id": "one", "type": "set", "values": {"a": 1}}]},
}


@dataclass(frozen=True)
class Served:
    """An open app, its site, and a client that comes in by the front door."""

    app: App
    site: FastAPI
    client: httpx.AsyncClient

    async def post(self, playbook_id: str | None, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        query = {} if playbook_id is None else {"playbookId": playbook_id}
        params = {**query, **more.pop("params", {})}
        return await self.client.post(DOOR, params=params, headers={**CRON, **(headers or {})}, **more)


def settings_in(home: Path, **more: Any) -> Settings:
    values = {
        "cron_secret": SecretStr(SECRET),
        "cron_secret_previous": SecretStr(BEFORE),
        "api_token": SecretStr(TOKEN),
        **more,
    }
    return Settings(home=home, **values)


def publish_all(app: App) -> None:
    for playbook_id, document in PLAYBOOKS.items():
        whole = {"id": playbook_id, "name": playbook_id.replace("_", " "), **document}
        playbook = Playbook.model_validate(whole, context={"catalog": app.catalog})
        app.operations.publish(playbook, f"# {playbook_id}\n", "a test")


class WrongByHours:
    """The machine's clock, moved to a moment that a test chose; it goes on from there."""

    def __init__(self, at: datetime) -> None:
        self.real = SystemClock()
        self.offset = at - self.real.now()

    def now(self) -> datetime:
        return self.real.now() + self.offset

    def monotonic(self) -> float:
        return self.real.monotonic()


@asynccontextmanager
async def listening(site: FastAPI) -> AsyncIterator[int]:
    """The site on a real server in this event loop, on a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(site, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
        server = _Server(config)
        task = asyncio.create_task(server.serve([listener]))
        await server.ready.wait()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
