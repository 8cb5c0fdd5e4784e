"""Who gives which name, and where: ids, saved names, flags. Names that two steps give are found here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opsbook.playbooks.model import Playbook, Step
from opsbook.playbooks.names import BUILT_IN
from opsbook.playbooks.text.nodes import Path, path_text
from opsbook.playbooks.text.reader import shown
from opsbook.sdk.errors import Problem


@dataclass(frozen=True)
class Given:
    """A name: the step that gives it, that step's path, and the step whose branch it is seen in, if any."""

    name: str
    step: str
    path: Path
    branch: str | None


def block_path(name: str) -> Path:
    """Where a block's steps stand below their step: `then`, `cases/0/do`, and an error's under `on_error/steps`."""
    if name == "on_error":
        return ("on_error", "steps")
    return tuple(int(part) if part.isdigit() else part for part in name.split("/"))


def every_given(playbook: Playbook) -> dict[str, Given]:
    """Every name that some step gives, with the first that does."""
    found: dict[str, Given] = {}
    for given in _all(playbook):
        found.setdefault(given.name, given)
    return found


def given_problems(playbook: Playbook) -> Iterator[Problem]:
    """Ids and names that stand twice, or that every run has already."""
    yield from _twice(
        (f"step {step.id}", path) for path, step in _steps(("steps",), playbook.steps, ("finally",), playbook.finally_)
    )
    yield from _twice((f"criterion {one.id}", ("success", i)) for i, one in enumerate(playbook.success))
    yield from _twice((f"alert rule {one.id}", ("alerts", i)) for i, one in enumerate(playbook.alerts))
    seen: dict[str, list[Given]] = {}
    for given in _all(playbook):
        if given.name in BUILT_IN or given.name == "secrets":
            sentence = f"Every run has a name {shown(given.name)} already."
            yield Problem(sentence, "Choose another one.", path_text(_at(given)), code="reserved_name")
        clash = next((other for other in seen.get(given.name, []) if not _apart(other, given)), None)
        if clash is not None:
            cure = "Names are given once; a `set` step may set its own again."
            sentence = f"The step {clash.step} gives {shown(given.name)} already."
            yield Problem(sentence, cure, path_text(_at(given)), code="duplicate_name")
        seen.setdefault(given.name, []).append(given)


def _all(playbook: Playbook) -> Iterator[Given]:
    yield from _given(("steps",), playbook.steps, None)
    yield from _given(("finally",), playbook.finally_, None)


def _given(path: Path, steps: tuple[Step, ...], branch: str | None) -> Iterator[Given]:
    for index, step in enumerate(steps):
        here = (*path, index)
        for name in sorted(step.fields.gives() | ({step.save_as} if step.save_as else set())):
            yield Given(name, step.id, here, branch)
        for block, inner in step.blocks().items():
            spread = step.fields.spreads and block != "on_error"
            yield from _given((*here, *block_path(block)), inner, branch or (step.id if spread else None))


def _steps(*blocks: object) -> Iterator[tuple[Path, Step]]:
    for path, steps in zip(blocks[::2], blocks[1::2], strict=True):
        assert isinstance(path, tuple)
        assert isinstance(steps, tuple)
        for index, step in enumerate(steps):
            yield (*path, index), step
            for block, inner in step.blocks().items():
                yield from _steps((*path, index, *block_path(block)), inner)


def _twice(ids: Iterator[tuple[str, Path]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for what, path in ids:
        if what in seen:
            sentence = f"There is a {what} already."
            yield Problem(sentence, "Give each an id of its own.", path_text((*path, "id")), code="duplicate_id")
        seen.add(what)


def _at(given: Given) -> Path:
    return (*given.path, "save_as")


def _apart(one: Given, other: Given) -> bool:
    """Whether only one of two steps can give the name: in different blocks of one step, or one mends the other."""
    shared = 0
    while shared < min(len(one.path), len(other.path)) and one.path[shared] == other.path[shared]:
        shared += 1
    first, second = one.path[shared:], other.path[shared:]
    if not first or not second:
        return bool((first or second)[:1] == ("on_error",))
    return shared > 1 and (isinstance(first[0], str) or one.path[shared - 1] == "cases")
