"""Claude's and Gemini's APIs on this machine, working on a task the way that a test's script tells them to."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sdk.serving import answer, serving

JSON = {"content_type": "application/json", "connection": "close"}


@dataclass(frozen=True)
class Turn:
    """One request as the model sees it: the task and its facts, what its tools have said, the tools that it has."""

    vendor: str
    model: str
    body: Mapping[str, Any]
    sent: Mapping[str, Any]
    said: tuple[str, ...]
    tools: tuple[str, ...]

    @property
    def facts(self) -> list[dict[str, Any]]:
        """The facts at hand, those of further answers included."""
        found = list(self.sent["facts"])
        for text in self.said:
            if text.startswith("{"):
                found += json.loads(text).get("facts", [])
        return found

    def token(self, label: str) -> str:
        """The token of the first fact with a label."""
        return "[[" + next(str(one["id"]) for one in self.facts if one["label"] == label) + "]]"

    def text(self, label: str) -> str:
        """The text of the first fact with a label."""
        return next(str(one["text"]) for one in self.facts if one["label"] == label)


@dataclass(frozen=True)
class Call:
    """A tool that the model calls."""

    tool: str
    args: Mapping[str, Any] = field(default_factory=dict)


Script = Callable[[Turn], "Call | Mapping[str, Any] | str"]  # a call, the fields of the answer, or an HTTP status


@dataclass
class Vendors:
    """`turns` holds every request, in its order."""

    url: str = ""
    turns: list[Turn] = field(default_factory=list)
    usage: Mapping[str, int] = field(default_factory=lambda: {"input_tokens": 900, "output_tokens": 60})


@asynccontextmanager
async def scripted_vendors(script: Script) -> AsyncIterator[Vendors]:
    """Both vendors at one address: by their paths one tells which is asked."""
    vendors = Vendors()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = served.requests[-1].decode("latin-1")
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        body = json.loads(await reader.readexactly(int(length[1]))) if length else {}
        turn = _claude_turn(body) if head.startswith("POST /v1/messages") else _gemini_turn(head, body)
        vendors.turns.append(turn)
        writer.write(_said(turn, script(turn), vendors.usage))
        await writer.drain()

    async with serving(converse) as served:
        vendors.url = served.url("").rstrip("/")
        yield vendors


def _claude_turn(body: Mapping[str, Any]) -> Turn:
    said, sent = [], {}
    for message in body["messages"]:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for part in parts:
            if message["role"] != "user":
                continue
            if part["type"] == "text" and not sent:
                sent = json.loads(part["text"])
            elif part["type"] == "tool_result":
                inner = part["content"]
                said.append(inner if isinstance(inner, str) else "".join(one["text"] for one in inner))
    return Turn(
        "claude", str(body["model"]), body, sent, tuple(said), tuple(tool["name"] for tool in body.get("tools", []))
    )


def _gemini_turn(head: str, body: Mapping[str, Any]) -> Turn:
    model = head.split(":", 1)[0].rpartition("/")[2]
    said, sent = [], {}
    for content in body["contents"]:
        for part in content["parts"]:
            if "text" in part and content["role"] == "user" and not sent:
                sent = json.loads(part["text"])
            elif "functionResponse" in part:
                said.append(json.dumps(part["functionResponse"]["response"]))
    tools = [one["name"] for group in body.get("tools", []) for one in group.get("functionDeclarations", [])]
    return Turn("gemini", model, body, sent, tuple(said), tuple(tools))


def _said(turn: Turn, what: Call | Mapping[str, Any] | str, usage: Mapping[str, int]) -> bytes:
    if isinstance(what, str):
        error = {"type": "error", "error": {"type": "overloaded_error", "message": what}}
        return answer(json.dumps(error).encode(), what, **JSON)
    call = what if isinstance(what, Call) else Call("answer", what)
    body = _claude_says(turn, call, usage) if turn.vendor == "claude" else _gemini_says(turn, call, usage)
    return answer(json.dumps(body).encode(), **JSON)


def _claude_says(turn: Turn, call: Call, usage: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": f"m{len(turn.said)}",
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "stop_reason": "tool_use",
        "usage": dict(usage),
        "content": [{"type": "tool_use", "id": f"t{len(turn.said)}", "name": call.tool, "input": dict(call.args)}],
    }


def _gemini_says(turn: Turn, call: Call, usage: Mapping[str, int]) -> dict[str, Any]:
    part = {"functionCall": {"name": call.tool, "args": dict(call.args)}}
    counts = {"promptTokenCount": usage["input_tokens"], "candidatesTokenCount": usage["output_tokens"]}
    return {
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {**counts, "totalTokenCount": sum(counts.values())},
        "modelVersion": turn.model,
        "responseId": "r1",
    }
