"""The deployment of `serving`, open and served in process; the engine is in memory."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from opsbook.app import World, open_app, the_world
from opsbook.runs.memory import MemoryEngine
from opsbook.settings import Settings
from opsbook.web.site import create_app
from web.hooking import Doors, doors_in
from web.serving import Served, WrongByHours, publish_all, settings_in

AT = datetime(2026, 11, 24, 14, 0, 5, tzinfo=UTC)


def world_of(settings: Settings, at: datetime) -> World:
    return the_world(settings, clock=WrongByHours(at), make_engine=lambda store, clock: MemoryEngine())


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the playbooks were published an hour ago: made once, copied for each test."""
    settings = settings_in(tmp_path_factory.mktemp("published"))

    async def make() -> Path:
        async with open_app(settings, world_of(settings, AT - timedelta(hours=1))) as app:
            publish_all(app)
            assert app.store.file is not None
            return app.store.file

    return asyncio.run(make())


@pytest.fixture
def more_settings() -> dict[str, Any]:
    return {}


@pytest.fixture
async def served(tmp_path: Path, published: Path, more_settings: dict[str, Any]) -> AsyncIterator[Served]:
    settings = settings_in(tmp_path / "home", **more_settings)
    settings.home.mkdir()
    shutil.copy(published, settings.home / published.name)
    async with open_app(settings, world_of(settings, AT)) as app, app.working():
        site = create_app(app)
        transport = httpx.ASGITransport(site, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://opsbook.test") as client:
            yield Served(app, site, client)


@pytest.fixture
def answers() -> dict[str, Any]:
    """What the vendors answer when they are asked."""
    return {}


@pytest.fixture
async def doors(
    tmp_path: Path, published: Path, answers: dict[str, Any], more_settings: dict[str, Any]
) -> AsyncIterator[Doors]:
    async with doors_in(tmp_path / "home", published, AT, answers, **more_settings) as opened:
        yield opened
