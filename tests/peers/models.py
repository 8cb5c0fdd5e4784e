"""Claude and Gemini as the `@copilotkit/aimock` package plays them, and what reached it, byte for byte.

The emulator speaks both vendors' wire formats and checks no request, and its own journal holds them reworded: a
recorder stands before it and keeps what was sent. `models_peer` is the emulator with nothing to say yet; `says` gives
it its answers, in the order in which each model is asked.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.request import Request, urlopen

import pytest

import peers
from peers.npm import Package
from sdk.serving import serving

NAME = "claude and gemini (aimock)"
AIMOCK = Package(
    NAME,
    "@copilotkit/aimock",
    "1.43.0",
    "sha512-V8D8cjSMtAR4rHaD2ulp3DR/ZguXQjDNOqwKDNvjb/OJL/KR1I0SDf5xpRCd+TYKjhmf9fM8Xpg3QBKPmV9Kmw==",
    "dist/cli.js",
)
CLAUDE, GEMINI = "claude-sonnet-5-5", "gemini-2.5-pro"  # of the premium tier
USAGE: Mapping[str, Mapping[str, int]] = {  # the emulator counts nothing itself
    CLAUDE: {"input_tokens": 1200, "output_tokens": 80},
    GEMINI: {"promptTokenCount": 900, "candidatesTokenCount": 70, "totalTokenCount": 970},
}


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def of_claude(self) -> bool:
        return self.path.startswith("/v1/messages")


@dataclass
class ModelsPeer:
    """`url` is where the clients are sent; `asked` is what they sent, in its order."""

    emulator: str
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    _turns: Counter[str] = field(default_factory=Counter)

    def says(
        self,
        model: str,
        content: str | None = None,
        *,
        chaos: Mapping[str, float] | None = None,
        cut_after: int | None = None,
        **more: Any,
    ) -> None:
        """What a model answers when it is asked the next time: `content`, or the emulator's own fields in `more`.

        Say everything before anything is asked. `chaos` breaks the answer: `malformedRate`, `disconnectRate`,
        `latencyMs`. A stream ends without a word after `cut_after` of its pieces.
        """
        response: dict[str, Any] = {"usage": USAGE[model], **more}
        if content is not None:
            response["content"] = content
        if "error" in response:
            response.pop("usage")
        if model == GEMINI and "toolCalls" in response:
            response.setdefault("finishReason", "stop")  # its own word for it is one that Google does not have
        turn, self._turns[model] = self._turns[model], self._turns[model] + 1
        match = {"model": model, "sequenceIndex": turn}
        fixture = {"match": match, "response": response, "chaos": dict(chaos or {})}
        if cut_after is not None:
            fixture["truncateAfterChunks"] = cut_after
        self._tell("fixtures", {"fixtures": [fixture]})

    def forget(self) -> None:
        self._tell("reset", {})

    def _tell(self, what: str, body: Mapping[str, Any]) -> None:
        head = {"content-type": "application/json"}
        urlopen(Request(f"{self.emulator}/__aimock/{what}", json.dumps(body).encode(), head), timeout=5).close()


@pytest.fixture(scope="session")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The emulator's address."""
    peers.wanted(NAME)
    folder, port = tmp_path_factory.mktemp("aimock"), peers.free_port()
    (folder / "fixtures").mkdir()
    first = {"match": {"model": "nobody"}, "response": {"content": ""}}  # it does not start with nothing to say
    (folder / "fixtures" / "first.json").write_text(json.dumps({"fixtures": [first]}))
    words = ["-h", "127.0.0.1", "-p", str(port), "-f", "fixtures", "--strict", "--log-level", "warn"]
    began = time.monotonic()
    with peers.process([*AIMOCK.command(), *words], folder) as server:
        ready = peers.until(lambda: server.poll() is not None or peers.listens(port), seconds=30)
        if not ready or server.poll() is not None:
            peers.absent(NAME, f"it did not start: {(folder / 'log').read_text()[-300:]}")
        peers.told(NAME, AIMOCK.version, began)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def models_peer(aimock: str) -> AsyncIterator[ModelsPeer]:
    """The emulator behind its recorder, with nothing to say and nothing asked."""
    peer = ModelsPeer(aimock)
    peer.forget()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = served.requests[-1].decode("latin-1")
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1])) if length else b""
        peer.asked.append(_asked(head, body))
        there, back = await asyncio.open_connection("127.0.0.1", int(aimock.rpartition(":")[2]))
        there_head = head.replace(" /v1/models/", " /v1beta/models/", 1)  # the only version that the emulator knows
        there_head = re.sub(r"(?im)^connection: [^\r\n]*", "connection: close", there_head)
        back.write(there_head.encode("latin-1") + body)
        try:
            said = await there.readuntil(b"\r\n\r\n")  # a stream's says that the connection stays, and it does not
            writer.write(re.sub(rb"(?im)^connection: [^\r\n]*", b"connection: close", said))
            while part := await there.read(65536):
                writer.write(part)
                await writer.drain()
        finally:
            back.close()

    async with serving(pass_on) as served:
        peer.url = served.url("").rstrip("/")
        yield peer


def _asked(head: str, body: bytes) -> Asked:
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in lines)}
    return Asked(first.split()[1], headers, json.loads(body) if body else {})
