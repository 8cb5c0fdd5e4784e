"""A server of this machine that says exactly the bytes it is told to say."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Served:
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)

    def url(self, path: str = "/", scheme: str = "http") -> str:
        return f"{scheme}://localhost:{self.port}{path}"


@asynccontextmanager
async def serving(
    say: bytes | Behaviour, *, tls: ssl.SSLContext | None = None, pause: float = 0.0
) -> AsyncIterator[Served]:
    """`say` is the whole answer to every request, or a function that has the connection to itself."""
    served = Served()
    open_ones: set[asyncio.StreamWriter] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        try:
            served.requests.append(await reader.readuntil(b"\r\n\r\n"))
            if callable(say):
                await say(reader, writer)
            else:
                await asyncio.sleep(pause)
                writer.write(say)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for writer in open_ones:
            writer.close()
        await server.wait_closed()


def answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = {"content-length": str(len(body)), **{name.replace("_", "-"): text for name, text in headers.items()}}
    head = "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body
