"""How far a model has come while it writes: a count of characters, for whoever watches a run.

The text itself is shown to nobody before it has been checked. Where nobody watches, nothing is counted, and a request
is an ordinary one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Callable
from typing import Any

EVERY = 80  # characters from one count to the next

Tell = Callable[[int], None]  # the characters of one answer so far
Watched = Callable[[str, str], Tell | None]  # by run and path; None: nobody watches


def by_nobody(_run_id: str, _path: str) -> None:
    """Nobody watches any run."""
    return


async def counted(events: AsyncIterable[Any], tell: Tell) -> None:
    """Read an answer to its end, and tell now and then how long it has become."""
    written = told = 0
    async for event in events:
        written += _characters(event)
        if written - told >= EVERY:
            told = written
            tell(written)
    if written > told:
        tell(written)


def _characters(event: Any) -> int:
    """Of text and of the arguments of calls, as a stream of the library of agents brings them."""
    part = getattr(event, "part", None) if event.event_kind == "part_start" else getattr(event, "delta", None)
    if part is None:
        return 0
    texts = (getattr(part, name, None) for name in ("content", "args", "content_delta", "args_delta"))
    return sum(len(text if isinstance(text, str) else json.dumps(text)) for text in texts if text)
