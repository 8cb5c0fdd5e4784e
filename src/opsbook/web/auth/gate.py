"""The gate before every route: default deny, decided on the route object and before a byte of the body is read.

It stands before the router and not among the routes' dependencies, because the framework reads and parses a body before
it asks its dependencies. Mounted apps and websockets are routes as well; a path that no route has is refused like any
other, so that nobody without a token learns which paths there are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from pydantic import SecretStr
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from opsbook.web.auth.bearer import admits, presented
from opsbook.web.problems import not_signed_in, problem

POLICY_VIOLATION = 1008


class Gate:
    """`exempt` holds route objects that bring a check of their own; `tokens` are the live API tokens."""

    def __init__(self, app: ASGIApp, tokens: Sequence[SecretStr], exempt: Collection[BaseRoute]) -> None:
        self.app = app
        self.tokens = tokens
        self.exempt = tuple(exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_open(scope):
            await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            if self.tokens and admits(presented(scope["headers"]), self.tokens):
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        if not self.tokens:
            cure = "Set OPSBOOK_API_TOKEN (16 characters or more; `openssl rand -hex 32` draws one) and start again."
            refusal = problem(503, "no_api_token", "This server has no API token, so nobody can sign in.", cure)
        elif not admits(presented(scope["headers"]), self.tokens):
            refusal = not_signed_in()
        else:
            await self.app(scope, receive, send)
            return
        await refusal(scope, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        route = routed(scope["app"].router.routes, scope)
        return any(route is one for one in self.exempt)


def routed(routes: Sequence[BaseRoute], scope: Scope) -> BaseRoute | None:
    """The route that will take this request: the first that matches, else the first that has its path."""
    partial: Any = None
    for route in routes:
        match, _ = route.matches(scope)
        if match is Match.FULL:
            return route
        if match is Match.PARTIAL and partial is None:
            partial = route
    return partial  # type: ignore[no-any-return]
