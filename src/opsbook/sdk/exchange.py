"""One exchange over HTTP: what goes out, what comes back, and the two ways in which nothing comes back.

What `http` hands to `wire`, and what a fake transport is written with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from opsbook.sdk.errors import RetryLater


@dataclass(frozen=True)
class Sent:
    """One request as it goes out. `body` and `headers` carry secrets and are not printed."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Answer:
    """What the other side sends back, as a fake states it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Transport: TypeAlias = Callable[[Sent], Answer | Awaitable[Answer]]
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]


class Unreached(RetryLater):
    """No connection came about, so nothing was sent."""


class NoAnswer(RetryLater):
    """The request may have left, and no whole answer came."""
