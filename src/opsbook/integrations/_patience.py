"""Asks again when what failed may pass: for reading lists to their end, where one bad answer must not end it all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from opsbook.sdk.errors import RetryLater

WAITS = (0.5, 1.0, 2.0)  # seconds between attempts where the answer does not ask for another wait
LONGEST_WAIT = 20.0  # seconds; who is asked to wait longer than that comes back another time

Sleep = Callable[[float], Awaitable[None]]
T = TypeVar("T")


async def patiently(ask: Callable[[], Awaitable[T]], sleep: Sleep) -> T:
    """What `ask` answers. It is asked again on `RetryLater`, after the wait that the error says, so it must be safe to
    repeat. Raises its last error, and one that asks for a longer wait at once.
    """
    for wait in WAITS:
        try:
            return await ask()
        except RetryLater as error:
            asked = wait if error.after_seconds is None else error.after_seconds
            if asked > LONGEST_WAIT:
                raise
        await sleep(asked)
    return await ask()
