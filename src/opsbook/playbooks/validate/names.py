"""The names that expressions read: given by whom, early enough, and seen from where they are read.

A name that only a skipped step may give reads as unknown at run time; that is a warning unless the reader stands under
the same guard, or reads what the guard reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from opsbook.playbooks.model import AlertRule, Playbook, Step
from opsbook.playbooks.names import BUILT_IN, FIELDS, STEP_FIELDS
from opsbook.playbooks.text.nodes import Path, path_text
from opsbook.playbooks.text.reader import shown
from opsbook.playbooks.validate.annotations import Role, Seen, places
from opsbook.playbooks.validate.given import Given, block_path, every_given
from opsbook.playbooks.validate.nearest import Nearest
from opsbook.playbooks.validate.reads import Read, Reads
from opsbook.sdk.errors import Problem

OF_SUBJECTS = frozenset({"key", "message", "thread", "mute"})  # what a rule asks or says of each of its subjects
_FLAG = re.compile(r"\s*!?\s*([A-Za-z_]\w*)\s*")
Guards = frozenset[str]


def name_problems(playbook: Playbook, reads: Reads, near: Nearest, forgiven: frozenset[str]) -> Iterator[Problem]:
    """What is wrong with the names of a playbook. `forgiven` ones are taken as given from the start."""
    flow = _Flow(playbook, reads, near, forgiven)
    scope = Scope()
    yield from flow.block(playbook.steps, ("steps",), scope)
    yield from flow.block(playbook.finally_, ("finally",), scope)
    for index, criterion in enumerate(playbook.success):
        yield from flow.part(criterion, ("success", index), scope)
    for index, rule in enumerate(playbook.alerts):
        yield from flow.part(rule, ("alerts", index), scope, rule)


@dataclass
class Scope:
    """What can be read at one point: names and step ids, each with the guards under which they were given."""

    names: dict[str, Guards] = field(default_factory=dict)
    steps: dict[str, Guards] = field(default_factory=dict)
    guards: Guards = frozenset()

    def under(self, *guards: str) -> Scope:
        """The same point, inside a block that is entered only when the guards hold."""
        return Scope(dict(self.names), dict(self.steps), self.guards | set(guards))

    def lending(self, names: frozenset[str]) -> Scope:
        """The same point, where some more names can be read."""
        return Scope({**self.names, **dict.fromkeys(names, self.guards)}, self.steps, self.guards) if names else self

    def give(self, step: Step, names: frozenset[str], guards: Guards) -> None:
        self.steps[step.id] = guards
        for name in names:
            self.names[name] = guards


class _Flow:
    def __init__(self, playbook: Playbook, reads: Reads, near: Nearest, forgiven: frozenset[str]) -> None:
        self.playbook = playbook
        self.reads = reads
        self.near = near
        self.forgiven = forgiven
        self.given: Mapping[str, Given] = every_given(playbook)
        self.ids = {step.id: path for path, step in playbook.every_step()}
        self.guard_reads: dict[str, frozenset[str]] = {}

    def block(self, steps: tuple[Step, ...], path: Path, scope: Scope) -> Iterator[Problem]:
        """Every step of a block in order; afterwards the scope holds what they gave."""
        for index, step in enumerate(steps):
            yield from self._step(step, (*path, index), scope)

    def _step(self, step: Step, path: Path, scope: Scope) -> Iterator[Problem]:
        inner = scope.under(f"when {step.when}") if step.when else scope
        if step.when:
            yield from self._when(step.when, path, scope)
        yield from self.part(step, path, inner)
        names = step.fields.gives() | ({step.save_as} if step.save_as else set())
        yield from self._blocks(step, path, inner, names)
        scope.give(step, frozenset(names), inner.guards)

    def _when(self, when: str, path: Path, scope: Scope) -> Iterator[Problem]:
        guard = f"when {when}"
        for read in self.reads.of(Seen((*path, "when"), Role.CONDITION, when, None)):
            if isinstance(read, Problem):
                yield read
            else:
                self.guard_reads[guard] = read.names
                yield from self._read(read, scope, None)

    def _blocks(self, step: Step, path: Path, scope: Scope, own: frozenset[str] | set[str]) -> Iterator[Problem]:
        """The blocks inside a step. What all alternatives of a choice give is given by the choice."""
        after: list[Scope] = []
        blocks = step.blocks()
        asked = frozenset(own) | self._names_read(step, path) if blocks else frozenset()
        for name, steps in blocks.items():
            guard = f"{path_text(path)}:{name}"
            self.guard_reads[guard] = asked
            inside = scope.under(guard)
            spread = step.fields.spreads and name != "on_error"
            for lent in step.fields.block_names(name):
                inside.names[lent] = inside.guards
            if name != "on_error":  # the condition's own flag is set before its blocks begin
                for given in step.fields.gives():
                    inside.names[given] = scope.guards
                if step.fields.gives() or not spread:
                    inside.steps[step.id] = scope.guards
            yield from self.block(steps, (*path, *block_path(name)), inside)
            if not spread:
                after.append(inside)
        _join(scope, after)

    def _names_read(self, step: Step, path: Path) -> frozenset[str]:
        found: set[str] = set()
        for seen in places(step, path):
            if seen.role is Role.CONDITION:
                found.update(*(read.names for read in self.reads.of(seen) if isinstance(read, Read)))
        return frozenset(found)

    def part(self, part: BaseModel, path: Path, scope: Scope, rule: AlertRule | None = None) -> Iterator[Problem]:
        """Every expression and text of one step, criterion or rule."""
        for seen in places(part, path):
            if seen.path == (*path, "when") and isinstance(part, Step):
                continue
            if seen.role is Role.NAME:
                yield from self._saved(str(seen.value), seen.path, scope)
                continue
            for read in self.reads.of(seen):
                if isinstance(read, Problem):
                    yield read
                else:
                    own = part.fields.own_names(str(seen.path[len(path)])) if isinstance(part, Step) else frozenset()
                    yield from self._read(read, scope.lending(own), rule if seen.path[-1] in OF_SUBJECTS else None)

    def _saved(self, name: str, path: Path, scope: Scope) -> Iterator[Problem]:
        if name not in scope.names and name not in scope.steps and name not in self.forgiven:
            cure = self.near.cure(name, [*scope.names, *scope.steps], "Saved before this step")
            yield Problem(f"No earlier step saves {shown(name)}.", cure, path_text(path), code="unknown_name")

    def _read(self, read: Read, scope: Scope, rule: AlertRule | None) -> Iterator[Problem]:
        for name in sorted(read.names):
            if name == "subject" and rule is not None and rule.subjects is not None:
                continue
            if name == "secrets":
                cure = "A secret belongs in the settings of its integration; a playbook names the tool only."
                yield self._problem(read, name, "Secrets cannot be read here.", cure, "secret")
            elif name in scope.names:
                yield from self._maybe(read, name, scope.names[name], scope)
            elif name not in BUILT_IN and name not in self.forgiven:
                yield self._unknown(read, name, scope)
        for path in sorted(read.paths):
            if len(path) > 1 and path[0] not in scope.names:
                yield from self._field(read, path, scope)

    def _unknown(self, read: Read, name: str, scope: Scope) -> Problem:
        if given := self.given.get(name):
            if given.branch:
                cure = f"Read the step {given.branch} instead: it is worth what its branches are worth."
                return self._problem(read, name, f"{shown(name)} is seen in its branch only.", cure, "out_of_scope")
            cure = f"Move the step {given.step} before this place."
            return self._problem(read, name, f"{shown(name)} is read before it is given.", cure, "read_too_early")
        known = [*scope.names, *BUILT_IN]
        if name == "subject":
            cure = "Only the key, the message, the thread and the mute of a rule with `subjects` have one."
            return self._problem(read, name, "There is no subject here.", cure, "unknown_name")
        if read.path[-1] == "when" and _FLAG.fullmatch(read.source):
            cure = self.near.cure(name, scope.names, "Set before this step")
            return self._problem(read, name, f"No earlier step sets the flag {shown(name)}.", cure, "unknown_flag")
        severity = "error" if name in read.strict else "warning"  # the others have a default beside them
        cure = self.near.cure(name, known)
        return self._problem(read, name, f"Nothing gives {shown(name)}.", cure, "unknown_name", severity)

    def _field(self, read: Read, path: tuple[str, ...], scope: Scope) -> Iterator[Problem]:
        head, key = path[0], path[1]
        if head == "steps":
            yield from self._steps_field(read, path, scope)
        elif head == "inputs" and key not in self.playbook.inputs:
            cure = self.near.cure(key, self.playbook.inputs, "Inputs here") or f"Declare it: `inputs: {{{key}: …}}`."
            yield self._problem(read, key, f"There is no input {shown(key)}.", cure, "unknown_input")
        elif head in FIELDS and key not in FIELDS[head]:
            cure = self.near.cure(key, FIELDS[head], f"`{head}` has")
            yield self._problem(read, key, f"`{head}` has no {shown(key)}.", cure, "unknown_field")

    def _steps_field(self, read: Read, path: tuple[str, ...], scope: Scope) -> Iterator[Problem]:
        step_id = path[1]
        if step_id in self.forgiven:
            return
        if step_id not in self.ids:
            cure = self.near.cure(step_id, self.ids, "Steps here")
            yield self._problem(read, step_id, f"There is no step {shown(step_id)}.", cure, "unknown_step")
        elif step_id not in scope.steps:
            yield self._problem(
                read,
                step_id,
                f"The step {shown(step_id)} has not ended here, or runs in a branch of its own.",
                "Read it after that step, or read the step that holds the branch.",
                "read_too_early",
            )
        else:
            yield from self._maybe(read, step_id, scope.steps[step_id], scope)
            if len(path) > 2 and path[2] not in STEP_FIELDS:
                cure = self.near.cure(path[2], STEP_FIELDS, "A step has")
                yield self._problem(read, path[2], f"A step has no {shown(path[2])}.", cure, "unknown_field")

    def _maybe(self, read: Read, name: str, guards: Guards, scope: Scope) -> Iterator[Problem]:
        missing = [guard for guard in guards - scope.guards if not self._asks(read, guard)]
        if missing:
            cure = "Guard this place with the same condition, or let the expression ask it first."
            sentence = f"{shown(name)} is unknown when the step that gives it is skipped."
            yield self._problem(read, name, sentence, cure, "maybe_unknown", "warning")

    def _asks(self, read: Read, guard: str) -> bool:
        """Whether an expression reads what the guard reads, and so can tell whether the name was given."""
        asked = self.guard_reads.get(guard, frozenset())
        return bool(asked & read.names)

    def _problem(self, read: Read, name: str, sentence: str, cure: str, code: str, severity: str = "error") -> Problem:
        place = self.reads.place(read.path, read.source, name, member=name not in read.names)
        return Problem(sentence, cure, path_text(read.path), place, code, severity)


def _join(scope: Scope, after: list[Scope]) -> None:
    """What the alternatives of a choice gave, as seen after it."""
    for kind in ("names", "steps"):
        into: dict[str, Guards] = getattr(scope, kind)
        found: dict[str, list[Guards]] = {}
        for inside in after:
            for name, guards in getattr(inside, kind).items():
                if name not in into:
                    found.setdefault(name, []).append(guards)
        for name, ways in found.items():
            into[name] = scope.guards if len(after) > 1 and len(ways) == len(after) else ways[0]
