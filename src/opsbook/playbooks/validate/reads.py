"""What the expressions and texts of a document read, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from opsbook.playbooks.expressions import Parsed, parse, parse_template
from opsbook.playbooks.text.nodes import Node, Path, find, inside, path_text
from opsbook.playbooks.validate.annotations import Role, Seen
from opsbook.playbooks.validate.kinds import never_boolean
from opsbook.sdk.errors import InvalidDefinition, Place, Problem


@dataclass(frozen=True)
class Read:
    """One expression, or one text with `{{ }}`: the names and the dotted paths that it reads from outside.

    `strict` are the names that must be there: the others have a default in the expression itself.
    """

    path: Path
    role: Role
    source: str
    names: frozenset[str]
    paths: frozenset[tuple[str, ...]]
    strict: frozenset[str]


class Reads:
    """Parses what stands at a place, once. Problems of its grammar come with their place in the document."""

    def __init__(self, root: Node, text: str) -> None:
        self.root = root
        self.text = text
        self.read: dict[Path, list[Read | Problem]] = {}

    def of(self, seen: Seen) -> list[Read | Problem]:
        """Every expression and every filled text at one place."""
        if seen.path not in self.read:
            self.read[seen.path] = list(self._at(seen))
        return self.read[seen.path]

    def _at(self, seen: Seen) -> Iterator[Read | Problem]:
        if seen.role in (Role.EXPRESSION, Role.CONDITION):
            yield from self._expression(seen)
        elif seen.role is Role.FILLED:
            yield from self._filled(seen.path, seen.value)

    def place(self, path: Path, source: str, name: str, *, member: bool = False) -> Place | None:
        """Where a name stands in a source at a path; `member`: where it stands behind a dot."""
        node = find(self.root, path)
        if node is None:
            return None
        at = _word(source, name, member)
        before = source[:at]
        line = Place(before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)
        return Place(*inside(node, self.text, line, source))

    def _expression(self, seen: Seen) -> Iterator[Read | Problem]:
        source = str(seen.value)
        try:
            parsed = parse(source)
        except InvalidDefinition as error:
            yield self._problem(seen.path, source, error)
            return
        yield _read(seen.path, seen.role, source, parsed)
        if seen.role is Role.CONDITION and (kind := never_boolean(source)):
            sentence, cure = f"This is {kind}, and never true or false.", "Compare it: x.length > 0, x !== null."
            yield Problem(sentence, cure, path_text(seen.path), code="not_a_condition")

    def _filled(self, path: Path, value: Any) -> Iterator[Read | Problem]:
        if isinstance(value, str):
            if "{{" in value or "{%" in value:
                yield self._template(path, value)
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from self._filled((*path, str(key)), inner)
        elif isinstance(value, list | tuple):
            for index, inner in enumerate(value):
                yield from self._filled((*path, index), inner)

    def _template(self, path: Path, source: str) -> Read | Problem:
        try:
            parsed = parse_template(source)
        except InvalidDefinition as error:
            return self._problem(path, source, error)
        return _read(path, Role.FILLED, source, parsed)

    def _problem(self, path: Path, source: str, error: InvalidDefinition) -> Problem:
        first = error.problems[0] if error.problems else Problem(error.sentence, error.cure, code=error.code)
        place = self._in_document(path, source, first.place)
        return replace(first, path=path_text(path), place=place)

    def _in_document(self, path: Path, source: str, place: Place | None) -> Place | None:
        node = find(self.root, path)
        if node is None or place is None:
            return None
        return Place(*inside(node, self.text, place, source))


def _read(path: Path, role: Role, source: str, parsed: Parsed) -> Read:
    return Read(path, role, source, parsed.names, parsed.paths, parsed.strict_names)


def _word(source: str, name: str, member: bool) -> int:
    """Where a name stands as a word of its own, behind a dot or not; 0 when it does not."""
    at = source.find(name)
    while at >= 0:
        before, after = source[at - 1 : at], source[at + len(name) : at + len(name) + 1]
        ends = not (after.isalnum() or after == "_")
        if ends and (before == "." if member else not (before.isalnum() or before in ("_", "."))):
            return at
        at = source.find(name, at + 1)
    return 0
