"""How a verb gets at the app: settings are read, the store is opened, and both are let go of again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from opsbook.app import App, open_app
from opsbook.records.unreachable import in_words
from opsbook.sdk.errors import InvalidInput
from opsbook.settings import Settings, read_settings

T = TypeVar("T")


def with_app(work: Callable[[App], Awaitable[T]]) -> T:
    """Do the work with the app of this process's settings, and answer what it answers.

    Nothing is carried out unless the work enters `app.working()`. Raises what the work raises, and a plain sentence
    when the store cannot be opened.
    """
    settings = read_settings()
    usable(settings)

    async def opened() -> T:
        async with open_app(settings) as app:
            return await work(app)

    with in_words():
        return asyncio.run(opened())


def usable(settings: Settings) -> None:
    """Refuse a home that is not a folder, or one that cannot be made."""
    if settings.database_url is not None:
        return
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InvalidInput(
            f"The home folder cannot be used: {error.strerror or error}.",
            field="home",
            cure="Name a folder of your own with OPSBOOK_HOME.",
        ) from error
