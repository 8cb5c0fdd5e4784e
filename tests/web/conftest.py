"""The deployment of `serving`, open and served in process; the engine is in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from opsbook.app import open_app, the_world
from opsbook.runs.memory import MemoryEngine
from opsbook.web.site import create_app
from web.serving import Served, WrongByHours, publish_all, settings_in


@pytest.fixture
def at() -> datetime:
    """What time it is in the deployment."""
    return datetime(2026, 11, 24, 14, 0, 5, tzinfo=UTC)


@pytest.fixture
def more_settings() -> dict[str, Any]:
    return {}


@pytest.fixture
async def served(tmp_path: Path, at: datetime, more_settings: dict[str, Any]) -> AsyncIterator[Served]:
    settings = settings_in(tmp_path / "home", **more_settings)
    world = the_world(settings, clock=WrongByHours(at), make_engine=lambda store, clock: MemoryEngine())
    async with open_app(settings, world) as app:
        publish_all(app)
        async with app.working():
            site = create_app(app)
            transport = httpx.ASGITransport(site, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://opsbook.test") as client:
                yield Served(app, site, client)
