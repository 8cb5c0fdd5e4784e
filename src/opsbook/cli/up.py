"""Serve the doors, the schedules and the runs.

One process until it is told to stop, one server for one embedded store. SIGTERM and SIGINT drain: nothing new is taken,
waiting callers are answered with what is known, running steps come to their end, and what does not is taken up at the
next start.
"""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer
import uvicorn

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show
from opsbook.runs.clockwork import Clockwork
from opsbook.sdk.errors import InvalidInput
from opsbook.settings import Settings
from opsbook.web.site import create_app

verb = typer.Typer()

LAST_ANSWERS_SECONDS = 5


@verb.command()
def run(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one")] = 8000,
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    schedule: Annotated[bool, typer.Option(help="start playbooks when they are due")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object when it is ready")] = False,
) -> None:
    async def served(app: App) -> None:
        refuse_openness(app.settings, host)
        await serve(app if schedule else _untimed(app), host, port, as_json=as_json)

    with_app(served)


async def serve(app: App, host: str, port: int, *, as_json: bool = False) -> None:
    """Until a signal. Raises `Conflict` (`store_in_use`) when another server works on the store."""
    async with app.serving():
        listener = listen(host, port)
        try:
            site = create_app(app)
            config = uvicorn.Config(
                site,
                log_level="warning",
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=LAST_ANSWERS_SECONDS,
            )
            server = _Server(config, where(listener, app), as_json)
            with _stopping(server, site.state.house.draining):
                await server.serve([listener])
        finally:
            listener.close()


class _Server(uvicorn.Server):
    """Says where it is when it is; leaves signals to its caller."""

    def __init__(self, config: uvicorn.Config, place: dict[str, str], as_json: bool) -> None:
        super().__init__(config)
        self.place = place
        self.as_json = as_json

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.as_json:
            show(self.place, as_json=True)
        else:
            typer.echo(f"opsbook serves {self.place['url']} from {self.place['store']}. Stop it with Ctrl-C.")


class _Untimed(Clockwork):
    """A clockwork that starts nothing by the schedule; waits, events and accepted runs go on."""

    async def schedules(self, now: datetime) -> None:
        """Schedules are off."""


def _untimed(app: App) -> App:
    timed = app.clockwork
    parts = (timed.operations, timed.slots, timed.catalog, timed.clock, timed.sleep, timed.rounds)
    return replace(app, clockwork=_Untimed(*parts))


@contextmanager
def _stopping(server: uvicorn.Server, draining: asyncio.Event) -> Iterator[None]:
    """The first signal drains, a second one no longer waits for callers."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True
        draining.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `InvalidInput` for an address that is taken or not ours."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, proto)
    except OSError as error:
        raise InvalidInput(f"{host} is no address of this machine.", field="--host") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise InvalidInput(
            f"{host}:{port} cannot be listened on: {error.strerror}.", field="--port", cure="Choose another --port."
        ) from error
    return listener


def where(listener: socket.socket, app: App) -> dict[str, str]:
    """The address in the form that a browser takes, and the store."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    store = str(app.store.file) if app.store.embedded else app.store.url.render_as_string(hide_password=True)
    return {"url": f"http://{shown}:{port}", "store": store}


def refuse_openness(settings: Settings, host: str) -> None:
    """An address that others reach needs both secrets. Raises `InvalidInput`."""
    if _is_loopback(host):
        return
    missing = [
        name
        for name, there in (("CRON_SECRET", settings.cron_secrets), ("OPSBOOK_API_TOKEN", settings.api_tokens))
        if not there
    ]
    if missing:
        raise InvalidInput(
            f"{host} can be reached from outside, and there is no {' and no '.join(missing)}.",
            field="--host",
            cure="Set both (`openssl rand -hex 32` draws one), or listen on 127.0.0.1.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
