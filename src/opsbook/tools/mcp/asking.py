"""Asking a server: one connection for one question, whatever becomes of it over within a time limit.

This is the only file, with `wire`, that knows the protocol's library.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TextIO

import anyio
import httpx2
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED, CallToolResult, Implementation, Tool

from opsbook import __version__
from opsbook.sdk.errors import NeverWorks, OpsbookError, PersonNeeded, RetryLater
from opsbook.sdk.http import HttpClient
from opsbook.sdk.values import JsonObject
from opsbook.tools.mcp.configured import ServerSettings
from opsbook.tools.mcp.offered import Offered
from opsbook.tools.mcp.wire import CheckedTransport

MOST_PAGES = 20  # of a list of tools: one that never ends cannot hang a call
FAILURES = (
    MCPError,
    RuntimeError,  # how the library says that an answer is not what it was said to be
    ValueError,
    OSError,
    anyio.ClosedResourceError,
    anyio.BrokenResourceError,
    anyio.EndOfStream,
    ExceptionGroup,
)

for quoting in ("mcp.client", "client"):  # the library's log quotes what strangers send; our errors say what matters
    logging.getLogger(quoting).setLevel(logging.CRITICAL + 1)


class Asking:
    """Questions to one server. `errors` is where a program may write what it has to say; nowhere by default."""

    def __init__(self, name: str, settings: ServerSettings, http: HttpClient, errors: TextIO | None = None) -> None:
        self.name = name
        self.settings = settings
        self.http = http
        self.errors = errors

    async def tools(self) -> list[Offered]:
        """What the server offers now, in its own order. Raises what `call` raises."""
        found: list[Offered] = []

        async def ask(client: Client) -> None:
            found.extend(await _listed(client))

        await self._asked(ask)
        return found

    async def call(
        self, tool: str, args: JsonObject, allowed: Callable[[Offered | None], OpsbookError | None]
    ) -> CallToolResult:
        """Call one tool, after `allowed` has looked at what the server says of it now (None: nothing).

        Raises:
            OpsbookError: what `allowed` answered; the tool was not called.
            RetryLater: `timeout` or `network`; the tool may have been called.
            NeverWorks: `bad_reply`, what answered does not speak the protocol.
            PersonNeeded: `credentials`, the address refuses the token; `not_configured`, there is no such program.
        """
        refusal: list[OpsbookError | None] = []
        answers: list[CallToolResult] = []

        async def ask(client: Client) -> None:
            offered = next((one for one in await _listed(client) if one.name == tool), None)
            refusal.append(allowed(offered))
            if refusal[0] is None:
                answers.append(await client.call_tool(tool, args))

        await self._asked(ask)
        if refusal[0] is not None:
            raise refusal[0]
        return answers[0]

    async def _asked(self, ask: Callable[[Client], Awaitable[None]]) -> None:
        """Nothing of ours is raised inside of the connection, where the library would bundle it with its own."""
        seconds = self.settings.timeout_seconds
        told: list[OpsbookError] = []
        try:
            with anyio.fail_after(seconds):
                async with self._transport(told) as transport, Client(transport, client_info=_ours(), cache=None) as to:
                    await ask(to)
        except TimeoutError as error:
            raise RetryLater(f"{self.name} did not answer within its {seconds:g} s.", code="timeout") from error
        except FAILURES as error:
            raise (told[0] if told else self._in_words(_innermost(error))) from error

    @asynccontextmanager
    async def _transport(self, told: list[OpsbookError]) -> AsyncIterator[Any]:
        """The library's transport to the server. `told` gets the reason when our own side of it refuses something."""
        if self.settings.url:
            token = self.settings.token.get_secret_value() if self.settings.token else None
            checked = CheckedTransport(self.http, token, self.settings.timeout_seconds, told.append)
            async with httpx2.AsyncClient(transport=checked, trust_env=False) as client:
                yield streamable_http_client(self.settings.url, http_client=client)
            return
        program, *args = self.settings.command
        env = {name: secret.get_secret_value() for name, secret in self.settings.env.items()}
        started = StdioServerParameters(command=program, args=args, env=env)
        with open(os.devnull, "w") as nowhere:  # noqa: ASYNC230 nothing is waited for
            yield stdio_client(started, errlog=self.errors or nowhere)

    def _in_words(self, error: BaseException) -> OpsbookError:
        look = f"`opsbook mcp tools {self.name}` shows whether it answers."
        if isinstance(error, FileNotFoundError | PermissionError):
            cure = f"Correct mcp.servers.{self.name}.command in the settings."
            return PersonNeeded(f"The program of {self.name} cannot be started.", cure=cure, code="not_configured")
        if isinstance(error, MCPError) and error.code != CONNECTION_CLOSED:
            return NeverWorks(f"{self.name} refused the question (error {error.code}).", cure=look, code="bad_reply")
        if isinstance(error, ValueError | RuntimeError):
            said = f"What {self.name} answered is not what it said it would answer ({type(error).__name__})."
            return NeverWorks(said, cure=look, code="bad_reply")
        return RetryLater(f"{self.name} ended before it had answered.", cure=look, code="network")


def _innermost(error: BaseException) -> BaseException:
    """The first cause that the library's bundles hold."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _listed(client: Client) -> list[Offered]:
    found: list[Offered] = []
    cursor = None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        found += [_offered(tool) for tool in page.tools]
        cursor = page.next_cursor
        if not cursor:
            break
    return found


def _offered(tool: Tool) -> Offered:
    hints = tool.annotations
    return Offered(
        tool.name,
        tool.title or (hints.title if hints and hints.title else ""),
        tool.description or "",
        tool.input_schema,
        tool.output_schema,
        hints.read_only_hint if hints else None,
    )


def _ours() -> Implementation:
    return Implementation(name="opsbook", version=__version__)
