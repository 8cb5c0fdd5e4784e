"""How a verb gets at the app: settings are read, the store is opened, and both are let go of again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import typer

from opsbook.app import App, open_app, the_world
from opsbook.integrations.references import fetch, wanted_by_environment, wanted_by_file
from opsbook.records.unreachable import in_words
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.http import HttpClient
from opsbook.settings import ENVIRONMENT, SAMPLE_HOME, Settings, read_values, settings_of, settings_path

T = TypeVar("T")


@dataclass(frozen=True)
class Deployment:
    """What this process is set to, with every secret fetched, and the HTTP client that already hides them."""

    settings: Settings
    environment: Mapping[str, str] = field(repr=False)
    http: HttpClient


def with_app(work: Callable[[App], Awaitable[T]], opened: Deployment | None = None) -> T:
    """Do the work with the app of this process's settings, and answer what it answers.

    Nothing is carried out unless the work enters `app.working()`. Raises what the work raises, and a plain sentence
    when the store cannot be opened.
    """
    here = opened or deployment()
    usable(here.settings)

    async def done() -> T:
        world = the_world(here.settings, environment=here.environment, http=here.http)
        async with open_app(here.settings, world) as app:
            return await work(app)

    with in_words():
        return asyncio.run(done())


def deployment(environment: Mapping[str, str] | None = None) -> Deployment:
    """The settings of this process. Where they refer to secrets (`sm://NAME`), those are fetched here, and only then.

    A secret with a line break at its end is told on the error output. Raises `InvalidInput` and what `fetch` raises.
    """
    given = os.environ if environment is None else environment
    if settings_path(given).parent == SAMPLE_HOME and not given.get("OPSBOOK_CONFIG"):
        typer.echo(f"(The sample platform in {SAMPLE_HOME}; an opsbook.toml here takes its place.)", err=True)
    named = wanted_by_environment(given, ENVIRONMENT)
    plain = {name: value for name, value in given.items() if name not in named}
    values = read_values(plain)
    http = HttpClient(allow_loopback=values.get("allow_loopback") is True)
    covered = {ENVIRONMENT.get(name) for name in named}  # the environment wins: what it covers is not fetched
    written = {place: one for place, one in wanted_by_file(values).items() if place not in covered}
    if not named and not written:
        return Deployment(settings_of(values), given, http)
    fetched = asyncio.run(fetch({**named, **written}, values, given, http, asyncio.sleep))
    for line in fetched.told:
        typer.echo(line, err=True)
    known = {**plain, **{name: text for name in named if (text := fetched.texts[name]) is not None}}
    return Deployment(settings_of(fetched.into(read_values(known))), known, http)


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
