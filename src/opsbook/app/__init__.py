"""The composition root: the only place where the rooms meet. Everything else is handed what it needs.

async with open_app(settings) as app:      # the store is open and migrated; nothing works on runs yet
    async with app.working():              # this process carries runs out (one for each embedded store)
        accepted = await app.operations.start(Request("ops_daily_health_check"))

`world` is what a test may replace, `wiring` makes the rooms, `systems` and `models` the parts of it that need the
settings read; `rooms` is what comes out. A new room is made in `wiring` and becomes a field of `App` when a door needs
it. It may lean on every room below; nothing but the doors leans on this one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opsbook.app.rooms import App
from opsbook.app.wiring import wired
from opsbook.app.world import World, the_world
from opsbook.records.migrate import migrate
from opsbook.records.store import Store
from opsbook.settings import Settings

__all__ = ["App", "World", "open_app", "the_world"]


@asynccontextmanager
async def open_app(settings: Settings, world: World | None = None) -> AsyncIterator[App]:
    """Open the store, bring it to the newest schema and wire the rooms. Nothing is carried out yet."""
    world = world or the_world(settings)
    if settings.database_url is None:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(settings.url)
    try:
        await asyncio.to_thread(migrate, store)
        app = wired(settings, world, store)
        try:
            yield app
        finally:
            await app.desk.models.close()
    finally:
        await world.http.close()
        await asyncio.to_thread(store.close)
        await asyncio.to_thread(world.tracer.close)
