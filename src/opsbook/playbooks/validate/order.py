"""Steps that can never run, and steps that may not stand where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from opsbook.playbooks.expressions import truth
from opsbook.playbooks.model import Playbook, Step
from opsbook.playbooks.text.nodes import Path, path_text
from opsbook.playbooks.validate.annotations import Role, Seen, places
from opsbook.playbooks.validate.given import block_path
from opsbook.playbooks.validate.reads import Read, Reads
from opsbook.sdk.errors import InvalidDefinition, Problem


def order_problems(playbook: Playbook, reads: Reads) -> Iterator[Problem]:
    """Constant guards and what they cut off (warnings); steps that wait inside a branch (errors)."""
    check = _Check(reads)
    yield from check.block(playbook.steps, ("steps",), None)
    yield from check.block(playbook.finally_, ("finally",), None)


class _Check:
    def __init__(self, reads: Reads) -> None:
        self.reads = reads

    def block(self, steps: tuple[Step, ...], path: Path, branch: str | None) -> Iterator[Problem]:
        stopped: str | None = None
        for index, step in enumerate(steps):
            here = (*path, index)
            if stopped:
                yield _never(here, f"This step never runs: {stopped} always fails before it.")
                stopped = None
            if branch and step.fields.parks:
                cure = f"Put it before or after {branch}, or into a playbook of its own."
                sentence = f"A step of type {step.type} cannot stand in a branch."
                yield Problem(sentence, cure, path_text((*here, "type")), code="not_in_branch")
            if self._constant(step.when, (*here, "when")) is False:
                yield _never((*here, "when"), "This step never runs: its guard is always false.")
            conditions = self._constants(step, here)
            if step.type == "assert" and step.on_error == "fail" and conditions.get((*here, "that")) is False:
                stopped = step.id
            yield from self._dead_blocks(step, here, conditions)
            for name, inner in step.blocks().items():
                spread = step.fields.spreads and name != "on_error"
                yield from self.block(inner, (*here, *block_path(name)), step.id if spread else branch)

    def _dead_blocks(self, step: Step, path: Path, conditions: Mapping[Path, bool | None]) -> Iterator[Problem]:
        answer = conditions.get((*path, "if"))
        dead = {True: "else", False: "then"}.get(answer) if answer is not None else None
        if dead and step.fields.blocks().get(dead):
            yield _never((*path, dead), f"These steps never run: `if` is always {str(answer).lower()}.")
        certain: str | None = None
        for index in range(sum(1 for name in step.fields.blocks() if name.startswith("cases/"))):
            here = (*path, "cases", index)
            if certain:
                yield _never(here, f"This case is never reached: {certain} always fits.")
            elif (found := conditions.get((*here, "when"))) is not None:
                if found:
                    certain = f"case {index + 1}"
                else:
                    yield _never(here, "This case never fits: its `when` is always false.")
        if certain and step.fields.blocks().get("else"):
            yield _never((*path, "else"), f"These steps never run: {certain} always fits.")

    def _constants(self, step: Step, path: Path) -> dict[Path, bool | None]:
        """The step's own conditions by path: constant ones with their value, None when it depends on the run."""
        seen = (one for one in places(step.fields, path) if one.role is Role.CONDITION)
        return {one.path: self._constant(str(one.value), one.path) for one in seen}

    def _constant(self, source: str | None, path: Path) -> bool | None:
        if source is None:
            return None
        for read in self.reads.of(Seen(path, Role.CONDITION, source, None)):
            if isinstance(read, Read) and not read.names:
                try:
                    answer = truth(source, {})
                except InvalidDefinition:
                    return None  # told by `names`, with its place
                return answer if isinstance(answer, bool) else None
        return None


def _never(path: Path, sentence: str) -> Problem:
    return Problem(
        sentence, "Take it out, or change the condition.", path_text(path), code="unreachable", severity="warning"
    )
