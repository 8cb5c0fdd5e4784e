"""The systems around the sample platform, played by one local server: real requests, real latency, nothing leaves.

Every system has a path of its own, `http://127.0.0.1:<port>/<system>`. One is planted down and answers 503, one is
slow. What is posted to Slack is kept. What each system answers stands in `answers.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from opsbook.cli.demo.answers import ANSWERS, Answer, Asked
from opsbook.cli.demo.listener import Listener

USUAL_MS, SLOW_MS = (5, 40), (620, 760)  # most systems count as slow from 500 ms on
LARGEST_BODY = 4 * 1024 * 1024
DOWN = Answer({"error": "service unavailable"}, 503)


class Endpoints:
    """Start `server`, point the integrations at `base(system)`. `asked` counts requests by system."""

    def __init__(self, down: frozenset[str], slow: frozenset[str], chance: Random) -> None:
        self.down = down
        self.slow = slow
        self.chance = chance
        self.posts: list[Mapping[str, Any]] = []
        self.asked: Counter[str] = Counter()
        self.server = Listener(self._talk)

    def base(self, system: str) -> str:
        return f"http://127.0.0.1:{self.server.port}/{system}"

    async def answer(self, system: str, asked: Asked) -> Answer:
        """What a system answers, after the time it takes."""
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

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await self._exchange(reader, writer):
            pass

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
        self.asked[system] += 1
        asked = Asked(method, f"/{path}", dict(parse_qsl(parts.query)), headers, body, self.asked.total())
        writer.write(_written(await self.answer(system, asked)))
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
