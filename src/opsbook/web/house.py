"""What every handler may reach: the app, its playbooks as they stand, and whether this server is about to stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request

from opsbook.app import App
from opsbook.runs.standing import Standing


@dataclass(frozen=True)
class House:
    """`draining` is set when the server takes leave: whoever waits for a run is answered with what is known."""

    app: App
    standing: Standing
    draining: asyncio.Event = field(default_factory=asyncio.Event)


def house(request: Request) -> House:
    """The house of the request's server."""
    return cast(House, request.app.state.house)
