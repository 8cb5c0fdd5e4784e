"""Other agents, as the official library makes them: tokens with every set of rights, and clients that hold them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import combinations
from typing import Any

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from opsbook.playbooks.model import Playbook
from opsbook.runs.acceptance import Request
from opsbook.settings.mcp import McpSettings, Right
from web.serving import Served

RIGHTS = tuple(right.value for right in Right)
SUBSETS = [subset for size in range(len(RIGHTS) + 1) for subset in combinations(RIGHTS, size)]
HELLO = "says_hello"


def name_of(rights: tuple[str, ...]) -> str:
    return "-".join(["agent", *(right.replace("_", "") for right in rights)])


def token_of(name: str) -> str:
    return f"token-of-{name}"


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_of(name)}"}


def token_settings(name: str, rights: tuple[str, ...], *playbooks: str) -> dict[str, Any]:
    sha256 = hashlib.sha256(token_of(name).encode()).hexdigest()
    return {"sha256": sha256, "rights": list(rights), "playbooks": list(playbooks)}


def settings() -> McpSettings:
    """A token for every set of rights, one with all of them for a single playbook, one for no playbook at all."""
    tokens = {name_of(rights): token_settings(name_of(rights), rights, "*") for rights in SUBSETS}
    tokens["narrow"] = token_settings("narrow", RIGHTS, HELLO)
    tokens["bare"] = token_settings("bare", RIGHTS)
    return McpSettings.model_validate({"tokens": tokens})


EVERYTHING = name_of(RIGHTS)


@asynccontextmanager
async def agent(port: int, name: str = EVERYTHING, mode: str = "auto") -> AsyncIterator[Client]:
    """The official client with this caller's token."""
    async with (
        httpx2.AsyncClient(headers=bearer(name), trust_env=False, timeout=30) as http,
        Client(
            streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http), mode=mode, cache=None
        ) as client,
    ):
        yield client


def words(answer: CallToolResult) -> str:
    return "".join(getattr(part, "text", "") for part in answer.content)


def publish(served: Served, playbook_id: str, *steps: dict[str, Any]) -> None:
    document = {"id": playbook_id, "name": playbook_id, "agent": "leo", "steps": list(steps)}
    playbook = Playbook.model_validate(document, context={"catalog": served.app.catalog})
    served.app.operations.publish(playbook, f"# {playbook_id}\n", "a test")


async def wrote_a_report(served: Served) -> str:
    """A run of a playbook that writes."""
    publish(served, "writes", {"id": "write", "type": "synthesize", "kind": "report", "title": "A day"})
    accepted = await served.app.operations.start(Request("writes"))
    row = await served.app.operations.ended(accepted.run["id"], 20)
    assert row["state"] == "succeeded", row["error"]
    return str(row["id"])
