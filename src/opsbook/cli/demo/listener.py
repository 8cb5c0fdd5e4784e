"""A server on a free port of this machine: one conversation a connection, and an end that leaves nothing open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

LONGEST_LINE = 64 * 1024
BROKEN_OFF = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError)

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """Start it, connect to `port` of 127.0.0.1, close it. `talk` holds one conversation, which may break off."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LONGEST_LINE)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening, break off what is open and wait until it has ended. Safe to repeat."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._open.values():
            writer.transport.abort()
        await asyncio.gather(*(task for task in self._open if task), return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task: asyncio.Task[None] | None = asyncio.current_task()
        self._open[task] = writer
        try:
            with suppress(*BROKEN_OFF):
                await self.talk(reader, writer)
        finally:
            del self._open[task]
            writer.close()
