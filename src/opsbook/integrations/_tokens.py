"""A token that lives for a while: fetched when it is needed, kept until shortly before it ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from opsbook.sdk.clock import Clock
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import Expiry
from opsbook.sdk.values import Json

LONGEST_LIFE = 10 * 366 * 86400.0  # seconds
EARLY = 60.0  # seconds before its end in which a token is not used any more


@dataclass(frozen=True)
class Token:
    """`lives_seconds` counts from now; `stated`: the answer says it, and it is not our guess.

    `renewable_seconds` is what the answer says of how long its refresh token lives, None where it says nothing.
    """

    value: str
    lives_seconds: float
    stated: bool = True
    renewable_seconds: Json = None

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
        self._expiry: Expiry | None = None

    async def use(self, fetch: Fetch, use: Use) -> Reply:
        """A reply got with a token. A kept token that is refused (401) is replaced once; a fresh one is believed."""
        kept = self._value if self.clock.monotonic() < self._until else None
        reply = await use(kept or await self._fresh(fetch))
        if kept and reply.status == 401:
            reply = await use(await self._fresh(fetch))
        if reply.status == 401:
            self._value = self._expiry = None
        return reply

    def expiry(self) -> Expiry | None:
        """When the token at hand ends; when its refresh token does, where the answer says that too."""
        return self._expiry

    async def _fresh(self, fetch: Fetch) -> str:
        token = await fetch()
        self._value = token.value
        self._expiry = self._ends(token)
        self._until = self.clock.monotonic() + token.lives_seconds - EARLY
        return token.value

    def _ends(self, token: Token) -> Expiry | None:
        refresh = expiry_in(self.clock, token.renewable_seconds, "refresh token", renews=False)
        if refresh is not None or not token.stated:
            return refresh
        return expiry_in(self.clock, token.lives_seconds, "access token", renews=True)


def expiry_in(clock: Clock, seconds: Json, of: str, *, renews: bool) -> Expiry | None:
    """The end that an answer states in seconds from now; None when that is no length of time that a person would use.

    `renews`: the next ones are got without a person.
    """
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds <= LONGEST_LIFE:
        return None
    return Expiry(clock.now() + timedelta(seconds=seconds), of, renews)
