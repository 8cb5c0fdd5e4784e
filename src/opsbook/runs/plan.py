"""What comes next: the version and the journal give the next step. Pure, and the same at every repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from opsbook.playbooks.model import OnErrorSteps, Playbook, Step, walk
from opsbook.runs.journal import Journal, StepStatus
from opsbook.sdk.step import Boundary, StepType


@dataclass(frozen=True)
class Work:
    """The next step to take."""

    path: str
    step: Step


@dataclass(frozen=True)
class Waiting:
    """A step is parked: the segment ends here."""

    path: str


@dataclass(frozen=True)
class Ended:
    """Nothing is left. `failed` is the path of the step whose failure ended it, if one did."""

    failed: str | None = None


Next = Work | Waiting | Ended


@dataclass(frozen=True)
class Plan:
    """A playbook's document, with what the engine must know of its steps."""

    playbook: Playbook
    step_types: Mapping[str, StepType]  # type: ignore[type-arg]
    effects: Mapping[str, str]

    def next(self, journal: Journal, *, stopped: bool = False) -> Next:
        """The next step of the run. Once `stopped` (cancelled, timed out) only `finally` is left."""
        main: Next = Ended() if stopped else self._walk("steps", self.playbook.steps, journal)
        if not isinstance(main, Ended):
            return main
        last = self._walk("finally", self.playbook.finally_, journal)
        if isinstance(last, Ended):
            return Ended(main.failed or last.failed)
        return last

    def next_in(self, block_path: str, steps: tuple[Step, ...], journal: Journal) -> Next:
        """The next step of one block: a branch's."""
        return self._walk(block_path, steps, journal)

    def _walk(self, prefix: str, block: tuple[Step, ...], journal: Journal) -> Next:
        for index, step in enumerate(block):
            path = f"{prefix}/{index}"
            entry = journal.get(path)
            if entry is None or entry.status is StepStatus.RUNNING:
                return Work(path, step)
            if entry.status is StepStatus.PARKED:
                return Waiting(path)
            inner: Next = Ended()
            if entry.status is StepStatus.FAILED:
                inner = self._after_failure(path, step, journal, path)
            elif entry.block is not None:
                inner = self._walk(f"{path}/{entry.block}", step.blocks()[entry.block], journal)
                if isinstance(inner, Ended) and inner.failed:
                    inner = self._after_failure(path, step, journal, inner.failed)
            if not isinstance(inner, Ended) or inner.failed:
                return inner
        return Ended()

    def _after_failure(self, path: str, step: Step, journal: Journal, failed: str) -> Next:
        """What the step's `on_error` says; it covers the step and what stands in its blocks."""
        if step.on_error == "continue":
            return Ended()
        if isinstance(step.on_error, OnErrorSteps):
            return self._walk(f"{path}/on_error", step.on_error.steps, journal)
        return Ended(failed=failed)

    def boundary(self, step: Step) -> Boundary:
        """What must be committed around this step; a step that spreads needs what its branches need."""
        own = self.step_types[step.type].boundary(step.fields, self.effects)
        if own is not Boundary.NONE or not self.spreads(step):
            return own
        inner = {self.boundary(below) for block in step.fields.blocks().values() for _, below in walk("", block)}
        return Boundary.EFFECT if inner - {Boundary.NONE} else Boundary.NONE

    @cached_property
    def acting(self) -> tuple[str, ...]:
        """The paths of the steps that act or ask a model, outside branches; `alerts` when a rule notifies."""
        paths = [path for path, step in self._own_line if self.boundary(step) is not Boundary.NONE]
        if any(rule.notify for rule in self.playbook.alerts):
            paths.append("alerts")
        return tuple(paths)

    def can_act(self, journal: Journal) -> bool:
        """Whether anything that acts may still come: reads before it must then be frozen."""
        return any(journal.get(path) is None for path in self.acting)

    @cached_property
    def declared_names(self) -> dict[str, str]:
        """Every name that some step outside a branch gives, with that step's id: unset ones read as unknown."""
        names: dict[str, str] = {}
        for _, step in self._own_line:
            for name in step.fields.gives() | ({step.save_as} if step.save_as else set()):
                names.setdefault(name, step.id)
        return names

    @cached_property
    def positions(self) -> dict[str, int]:
        """Document order of every path, branches without their keys."""
        return {path: index for index, (path, _) in enumerate(self.playbook.every_step())}

    @cached_property
    def branching(self) -> bool:
        """Whether some step spreads."""
        return any(self.spreads(step) for _, step in self.playbook.every_step())

    def spreads(self, step: Step) -> bool:
        """Whether the step's blocks run beside each other, in journals of their own."""
        return step.fields.spreads

    @cached_property
    def _own_line(self) -> list[tuple[str, Step]]:
        """Every step outside branches, in document order."""
        blocks = (("steps", self.playbook.steps), ("finally", self.playbook.finally_))
        return [found for prefix, block in blocks for found in self._line(prefix, block)]

    def _line(self, prefix: str, block: tuple[Step, ...]) -> Iterator[tuple[str, Step]]:
        for index, step in enumerate(block):
            path = f"{prefix}/{index}"
            yield path, step
            for name, inner in step.blocks().items():
                if name == "on_error" or not self.spreads(step):
                    yield from self._line(f"{path}/{name}", inner)
