"""What a tool is called with beside its arguments: the house, who asks, and a way to say how far it has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from opsbook.app import App
from opsbook.web.house import House
from opsbook.web.mcp.caller import Caller

Tell = Callable[[int, str], Awaitable[None]]


class Carrier(Protocol):
    """Who carries runs out while they are waited for."""

    def carry(self, run_id: str) -> None:
        """See to it that the run goes on. Answers at once; safe to repeat."""


class Elsewhere:
    """The server carries every accepted run out by itself."""

    def carry(self, run_id: str) -> None:
        """Nothing to do."""


@dataclass(frozen=True)
class Asked:
    """`tell` reports progress: how many steps have ended, and what ended last."""

    house: House
    caller: Caller
    carrier: Carrier
    tell: Tell

    @property
    def app(self) -> App:
        return self.house.app
