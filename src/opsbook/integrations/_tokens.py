"""A token that lives for a while: fetched when it is needed, kept until shortly before it ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from opsbook.sdk.clock import Clock
from opsbook.sdk.http import Reply

EARLY = 60.0  # seconds before its end in which a token is not used any more


@dataclass(frozen=True)
class Token:
    """`lives_seconds` counts from now."""

    value: str
    lives_seconds: float

    def __repr__(self) -> str:
        return f"Token(***, {self.lives_seconds:g} s)"


Fetch = Callable[[], Awaitable[Token]]
Use = Callable[[str], Awaitable[Reply]]


class TokenCache:
    """At most one live token. Nothing is written down."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._value: str | None = None
        self._until = 0.0

    async def use(self, fetch: Fetch, use: Use) -> Reply:
        """A reply got with a token. A kept token that is refused (401) is replaced once; a fresh one is believed."""
        kept = self._value if self.clock.monotonic() < self._until else None
        reply = await use(kept or await self._fresh(fetch))
        if kept and reply.status == 401:
            reply = await use(await self._fresh(fetch))
        if reply.status == 401:
            self._value = None
        return reply

    async def _fresh(self, fetch: Fetch) -> str:
        token = await fetch()
        self._value = token.value
        self._until = self.clock.monotonic() + token.lives_seconds - EARLY
        return token.value
