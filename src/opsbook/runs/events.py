"""What happens in runs, as it happens, for whoever watches in this process. Records are the truth; this is the news."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opsbook.runs.journal import Entry


@dataclass(frozen=True)
class RunStarted:
    run_id: str
    playbook_name: str


@dataclass(frozen=True)
class StepStarted:
    run_id: str
    path: str
    name: str


@dataclass(frozen=True)
class StepEnded:
    run_id: str
    entry: Entry


@dataclass(frozen=True)
class RunEnded:
    run_id: str
    state: str
    verdict: str | None


Event = RunStarted | StepStarted | StepEnded | RunEnded
Listener = Callable[[Event], None]


class Bus:
    """Hands every event to every listener, in the order of happening, on the event loop."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)
