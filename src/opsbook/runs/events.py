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
class ModelWrote:
    """How many characters a model has written of its answer so far; an answer that is begun anew counts from 0."""

    run_id: str
    path: str
    characters: int


@dataclass(frozen=True)
class StepEnded:
    run_id: str
    entry: Entry


@dataclass(frozen=True)
class RunEnded:
    run_id: str
    state: str
    verdict: str | None


Event = RunStarted | StepStarted | ModelWrote | StepEnded | RunEnded
Listener = Callable[[Event], None]


class Bus:
    """Hands every event to every listener, in the order of happening, on the event loop."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._watching = 0

    @contextmanager
    def listening(self, listener: Listener, *, closely: bool = False) -> Iterator[None]:
        """Hear the news. `ModelWrote` is told only while somebody listens `closely`: answers are streamed for it."""
        self._listeners.append(listener)
        self._watching += closely
        try:
            yield
        finally:
            self._watching -= closely
            self._listeners.remove(listener)

    def watching(self, run_id: str, path: str) -> Callable[[int], None] | None:
        """Who is to be told how far a model has come; None while nobody listens closely."""
        if not self._watching:
            return None
        return lambda characters: self.tell(ModelWrote(run_id, path, characters))

    def tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)
