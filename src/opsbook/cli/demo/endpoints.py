"""The systems around the sample platform, played by one local server: real requests, real latency, nothing leaves.

Every system has a path of its own, `http://127.0.0.1:<port>/<system>`. One is planted down and answers 503, one is
slow. What is posted to Slack is kept. What each system answers stands in `answers.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from opsbook.cli.demo.answers import ANSWERS, Answer, Asked

USUAL_MS, SLOW_MS = (5, 40), (900, 1100)
LARGEST_BODY = 4 * 1024 * 1024
DOWN = Answer({"error": "service unavailable"}, 503)


@dataclass
class Endpoints:
    """Start it, point the integrations at `base(system)`, close it. `asked` counts requests by system."""

    down: frozenset[str]
    slow: frozenset[str]
    chance: Random
    posts: list[Mapping[str, Any]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _server: asyncio.Server | None = None
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and end every conversation. Safe to repeat."""
        if self._server is not None:
            self._server.close()
            for talk in self._talks:
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)
            await self._server.wait_closed()

    def base(self, system: str) -> str:
        return f"http://127.0.0.1:{self.port}/{system}"

    async def answer(self, system: str, asked: Asked) -> Answer:
        """What a system answers, after the time it takes."""
        self.asked[system] += 1
        shortest, longest = SLOW_MS if system in self.slow else USUAL_MS
        await asyncio.sleep(self.chance.uniform(shortest, longest) / 1000)
        if system in self.down:
            return DOWN
        found = ANSWERS.get(system)
        if found is None:
            return Answer({"error": "no such system"}, 404)
        answer = found(asked)
        if answer.kept is not None:
            self.posts.append(answer.kept)
        return answer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._talks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._talks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the other side is done."""
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if length > LARGEST_BODY:
            return False
        body = await reader.readexactly(length) if length else b""
        parts = urlsplit(target)
        system, _, path = parts.path.lstrip("/").partition("/")
        asked = Asked(method, f"/{path}", dict(parse_qsl(parts.query)), headers, body, self.asked.total())
        answer = await self.answer(system, asked)
        writer.write(_written(answer))
        await writer.drain()
        return headers.get("connection", "").lower() != "close"


def _written(answer: Answer) -> bytes:
    text = isinstance(answer.body, str)
    content = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"content-type: {'text/plain' if text else 'application/json'}",
        f"content-length: {len(content)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content
