"""The door on HTTP: `POST /mcp`, streamable HTTP without sessions, for those whose token stands in the settings.

The order is: whose address the caller believes this to be, who the caller is, the body within bounds, and only then the
protocol. Each request is answered for itself: nothing of a caller is kept between two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from opsbook.sdk.errors import OpsbookError
from opsbook.settings.mcp import McpSettings, TokenSettings
from opsbook.web.auth.bearer import named, presented
from opsbook.web.bodies import MOST_BYTES, body_of
from opsbook.web.house import House
from opsbook.web.mcp.asked import Elsewhere
from opsbook.web.mcp.caller import Caller
from opsbook.web.mcp.server import Desk
from opsbook.web.problems import not_signed_in, of_error, problem

PATH = "/mcp"
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class Door:
    """An ASGI app that answers one path."""

    def __init__(self, house: House, tokens: Mapping[str, TokenSettings], public_url: str | None) -> None:
        self.house = house
        self.tokens = tokens
        self.digests = {name: token.sha256 for name, token in tokens.items()}
        self.public = urlsplit(public_url) if public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        refusal = self._elsewhere(request)
        name = named(presented(scope["headers"]), self.digests)
        if refusal is not None or name is None:
            await (refusal or not_signed_in())(scope, receive, send)
            return
        try:
            body = await body_of(request)
        except OpsbookError as error:
            await of_error(error)(scope, receive, send)
            return
        await self._answer(Caller.of(name, self.tokens[name]), scope, _again(body, receive), send)

    async def _answer(self, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        desk = Desk(self.house, Elsewhere(), lambda _: caller)
        manager = StreamableHTTPSessionManager(desk.server(), stateless=True, max_request_body_size=MOST_BYTES)
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    def _elsewhere(self, request: Request) -> Response | None:
        """The refusal of a request that a page of somebody else's sent here, under whatever name it has found us."""
        host, origin = _parts(f"//{request.headers.get('host', '')}"), request.headers.get("origin")
        if host is None or not self._is_ours(host.hostname):
            cure = "Set public_url to the address that callers use; this machine's own names work without it."
            return problem(421, "wrong_host", "This server is not known by that name.", cure)
        if origin is None:
            return None
        from_ = _parts(origin)
        known = {host.netloc, *([self.public.netloc] if self.public else [])}
        if from_ is None or from_.netloc not in known:
            return problem(403, "wrong_origin", "A page of another origin may not ask here.")
        return None

    def _is_ours(self, host: str | None) -> bool:
        return host in THIS_MACHINE or (self.public is not None and host == self.public.hostname)


def route(house: House, settings: McpSettings, public_url: str | None) -> Route:
    """The one route of the door. It brings its own check of who comes in."""
    return Route(PATH, Door(house, settings.tokens, public_url), methods=["POST"])


def _parts(url: str) -> SplitResult | None:
    """The address taken apart; None when it names no host."""
    try:
        found = urlsplit(url)
        return found if found.hostname else None
    except ValueError:
        return None


def _again(body: bytes, receive: Receive) -> Receive:
    """What receives the body once more, then whatever the connection says next."""
    kept: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return kept.pop() if kept else await receive()

    return receive_again
