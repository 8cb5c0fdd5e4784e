"""For every system that follows pages: a server whose list never ends, and the call that reads it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from integrations.deliveries import CHANNEL, NOW, WAYS
from integrations.samples import SAMPLES
from opsbook.integrations.configuration import configure
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.effects import Lost
from opsbook.sdk.errors import OpsbookError
from opsbook.sdk.http import Answer, HttpClient, Sent
from opsbook.sdk.integration import Integration
from opsbook.sdk.testing import json_answer


@dataclass(frozen=True)
class Read:
    """`module` holds the bound: MOST_PAGES of PAGE rows. `call` reads the list at `path`; `page` is its n-th page.

    `first` answers what is asked for at that path before the list is, `others` what is asked for below other paths.
    """

    module: str
    settings: Mapping[str, Any]
    path: str
    page: Callable[[int, int], Any]
    call: Callable[[Integration[Any]], Awaitable[Any]]
    others: Mapping[str, Any] = field(default_factory=dict)
    first: tuple[Any, ...] = ()


async def _searched(system: Integration[Any]) -> Any:
    (connector,) = system.connectors()
    return await connector.find("the key of no message")


async def _jobs(system: Any) -> Any:
    return await system.changes((), "https://ops.example.com")


READS: dict[str, Read] = {
    "cloud_scheduler": Read(
        "client",
        SAMPLES["cloud_scheduler"].settings,
        "/v1/projects/sample-1/locations/us-central1/jobs",
        lambda number, size: {
            "jobs": [{"name": f"x/jobs/{number}-{row}"} for row in range(size)],
            "nextPageToken": f"page-{number + 1}",
        },
        _jobs,
    ),
    "gmail": Read(
        "actions",
        WAYS["gmail"].settings,
        "/gmail/v1/users/me/messages",
        lambda number, size: {"messages": [{"id": f"{number}-{row}"} for row in range(size)], "nextPageToken": "more"},
        _searched,
        {"/gmail/v1/users/me/messages/": {"payload": {"headers": [{"name": "Message-ID", "value": "<x@y>"}]}}},
        ({"resultSizeEstimate": 0},),  # the search by the message's id, before the list of what was sent
    ),
    "slack": Read(
        "actions",
        WAYS["slack_bot"].settings,
        "/api/conversations.history",
        lambda number, size: {
            "ok": True,
            "channel": CHANNEL,
            "messages": [{"ts": f"{number}.{row}", "text": "x"} for row in range(size)],
            "response_metadata": {"next_cursor": f"page-{number + 1}"},
        },
        _searched,
    ),
}


@dataclass
class Ended:
    """What came of reading a list without an end: how many pages were asked for, and what was said."""

    pages: int
    said: str | None


@dataclass
class _Endless:
    read: Read
    size: int
    pages: int = 0

    def __call__(self, sent: Sent) -> Answer:
        path = urlsplit(sent.url).path
        if path == self.read.path:
            self.pages += 1
            left = self.pages - len(self.read.first)
            return json_answer(self.read.first[self.pages - 1] if left <= 0 else self.read.page(left, self.size))
        return json_answer(next(body for begin, body in self.read.others.items() if path.startswith(begin)))


def bound(key: str) -> ModuleType:
    """The module that names a system's bound."""
    return import_module(f"opsbook.integrations.{key}.{READS[key].module}")


async def read_endlessly(key: str) -> Ended:
    """Read a list of a system that never ends."""
    read = READS[key]
    server = _Endless(read, bound(key).PAGE)
    http = HttpClient(transport=server, clock=SteppedClock(NOW))
    system = configure({key: dict(read.settings)}, {}, http)[key]
    try:
        await read.call(system)
    except (OpsbookError, Lost) as error:
        return Ended(server.pages - len(read.first), str(error))
    return Ended(server.pages - len(read.first), None)


async def ends_and_says_so(key: str) -> bool:
    """Whether it asks for as many pages as its bound says, and names how many rows those are."""
    if key not in READS:
        return False
    ended, written = await read_endlessly(key), bound(key)
    rows = f"{written.PAGE * written.MOST_PAGES}"
    return ended.pages == written.MOST_PAGES and rows in (ended.said or "")
