"""What the rooms tell of their work while it goes on: spans, for whoever traces. By default nobody does.

The real tracer lives in the room `telemetry`; no other one knows its library. Attributes name things (ids, models,
counts, codes) and never carry what was said, found or sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Protocol

Attributes = Mapping[str, str | int | float | bool | Sequence[str] | None]  # None: not known, so not told


class Span(Protocol):
    """Something that is going on."""

    def note(self, attributes: Attributes) -> None:
        """Say more about it. A later value of the same name replaces the earlier one."""

    def failed(self, code: str) -> None:
        """It came to nothing; `code` is the error's stable code."""


class Tracer(Protocol):
    """Whoever is told. Safe to call from any task; spans nest as the tasks do."""

    def span(self, name: str, attributes: Attributes, *, outward: bool = False) -> AbstractContextManager[Span]:
        """Around a piece of work; `outward` where it is a request to another system.

        What is raised inside passes through and marks the span with the error's code, or its class.
        """

    def inside(self, run_id: str, attempt: int) -> AbstractContextManager[None]:
        """What goes on inside belongs to this run, in whatever process and however often it is taken up again."""

    def over(self, run_id: str, attempt: int, name: str, began: datetime, ended: datetime, about: Attributes) -> None:
        """A run is over: the span that all of its others lie in."""

    def close(self) -> None:
        """Hand over what has not left. Takes a few seconds at most, and raises nothing."""


class _Silent:
    """A span that nobody hears of."""

    def note(self, attributes: Attributes) -> None:
        return None

    def failed(self, code: str) -> None:
        return None


class Untraced:
    """A tracer that tells nobody."""

    @contextmanager
    def span(self, name: str, attributes: Attributes, *, outward: bool = False) -> Iterator[Span]:
        yield _SILENT

    @contextmanager
    def inside(self, run_id: str, attempt: int) -> Iterator[None]:
        yield

    def over(self, run_id: str, attempt: int, name: str, began: datetime, ended: datetime, about: Attributes) -> None:
        return None

    def close(self) -> None:
        return None


_SILENT = _Silent()
UNTRACED = Untraced()
