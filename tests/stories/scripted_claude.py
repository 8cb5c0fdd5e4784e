"""Claude's API on this machine, saying what a test tells it to say about the facts that it is sent."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sdk.serving import answer, serving

Facts = Sequence[Mapping[str, Any]]
Says = Callable[[str, Facts], Any]  # the report's title and its facts: sections, or a status that is refused with


@dataclass
class Scripted:
    """`asked` holds every request's JSON, in its order; an answer is billed with 1,200 tokens in, `tokens_out` out."""

    url: str = ""
    tokens_out: int = 80
    asked: list[dict[str, Any]] = field(default_factory=list)

    def told(self) -> str:
        """All that ever left for the model, as one text."""
        return json.dumps(self.asked, ensure_ascii=False)


@asynccontextmanager
async def scripted_claude(says: Says, tokens_out: int = 80) -> AsyncIterator[Scripted]:
    scripted = Scripted(tokens_out=tokens_out)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = served.requests[-1].decode("latin-1")
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        asked = json.loads(await reader.readexactly(int(length[1]))) if length else {}
        if not head.startswith("POST /v1/messages"):
            writer.write(_reply({"data": [], "has_more": False}))
        else:
            scripted.asked.append(asked)
            writer.write(_answered(asked, says, scripted.tokens_out))
        await writer.drain()

    async with serving(converse) as served:
        scripted.url = served.url("").rstrip("/")
        yield scripted


def _answered(asked: Mapping[str, Any], says: Says, tokens_out: int) -> bytes:
    sent = json.loads(_texts(asked)[0])
    said = says(sent["title"], sent["facts"])
    if isinstance(said, str):
        return answer(
            b'{"type": "error", "error": {"type": "overloaded_error"}}', said, content_type="application/json"
        )
    written = {"sections": said}
    content: dict[str, Any] = {"type": "text", "text": json.dumps(written)}  # newer models write JSON by a schema
    if asked.get("tools"):
        content = {"type": "tool_use", "id": "t1", "name": asked["tools"][0]["name"], "input": written}
    usage = {"input_tokens": 1200, "output_tokens": tokens_out}
    return _reply(
        {
            "id": "m1",
            "type": "message",
            "role": "assistant",
            "model": asked["model"],
            "stop_reason": "tool_use" if asked.get("tools") else "end_turn",
            "usage": usage,
            "content": [content],
        }
    )


def _texts(asked: Mapping[str, Any]) -> list[str]:
    """The texts of the user's turns."""
    found: list[str] = []
    for message in asked["messages"]:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        found += [part["text"] for part in parts if part["type"] == "text" and message["role"] == "user"]
    return found


def _reply(body: Mapping[str, Any]) -> bytes:
    return answer(json.dumps(body).encode(), content_type="application/json", connection="close")
