"""Carries the protocol's requests over `sdk/http`: checked addresses, caps and deadlines, as for every other one."""

from __future__ import annotations

from collections.abc import Callable

import httpx2

from opsbook.sdk.errors import OpsbookError
from opsbook.sdk.http import HttpClient

CARRIED = frozenset({"accept", "content-type", "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name"})
UNASKED = 405  # how a server says that it has no channel of its own
OURS_TO_TELL = frozenset({401, 403, 429, *range(500, 600)})  # the library takes these for answers like any other
LEFT_OUT = frozenset({"content-encoding", "content-length", "transfer-encoding"})  # the body is unpacked already


class CheckedTransport(httpx2.AsyncBaseTransport):
    """Every request goes through the one way out. A channel on which a server would speak unasked is never opened.

    `tell` hears of what went wrong on the way, in our own words: the protocol's library keeps only that something did.
    """

    def __init__(
        self, http: HttpClient, token: str | None, total_seconds: float, tell: Callable[[OpsbookError], None]
    ) -> None:
        self.http = http
        self.token = token
        self.total_seconds = total_seconds
        self.tell = tell

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return httpx2.Response(UNASKED, request=request)
        kept = {name: text for name, text in request.headers.items() if _is_carried(name)}
        if self.token:
            kept["authorization"] = f"Bearer {self.token}"
        body = await request.aread()
        try:
            reply = await self.http.request(
                request.method, str(request.url), headers=kept, content=body, total_seconds=self.total_seconds
            )
            if reply.status in OURS_TO_TELL:
                reply.checked()
        except OpsbookError as error:
            self.tell(error)
            raise httpx2.ConnectError(type(error).__name__, request=request) from error
        headers = {name: text for name, text in reply.headers.items() if name not in LEFT_OUT}
        return httpx2.Response(reply.status, headers=headers, content=reply.body, request=request)


def _is_carried(name: str) -> bool:
    return name in CARRIED or name.startswith("mcp-param-")
