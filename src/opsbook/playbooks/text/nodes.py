"""A document as a tree of nodes that know where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from opsbook.sdk.errors import Place

PathPart = str | int
Path = tuple[PathPart, ...]


@dataclass(slots=True)
class Node:
    """One value of the text. `line` and `column` are 1-based, `start` and `end` offsets into the text.

    A scalar has `value` and `style` (`"`, `'`, `|`, `>` or empty for plain); a mapping has `pairs` of key and value,
    a list has `items`. `flow` tells `{}` and `[]` from block style. Pairs are looked up only once all are there.
    """

    kind: str
    line: int
    column: int
    start: int
    end: int = 0
    value: Any = None
    style: str = ""
    flow: bool = False
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    places: dict[Any, int] | None = None

    def children(self) -> Iterator[tuple[PathPart, Node]]:
        """What is inside, by key or index, in document order."""
        if self.kind == "map":
            yield from ((str(key.value), value) for key, value in self.pairs)
        else:
            yield from enumerate(self.items)

    def key(self, name: PathPart) -> Node | None:
        """The node of a key itself."""
        at = self._place(name)
        return None if at is None else self.pairs[at][0]

    def child(self, part: PathPart) -> Node | None:
        """The value under a key or an index."""
        if self.kind == "map":
            at = self._place(part)
            return None if at is None else self.pairs[at][1]
        if self.kind == "list" and isinstance(part, int) and 0 <= part < len(self.items):
            return self.items[part]
        return None

    def _place(self, name: PathPart) -> int | None:
        if self.places is None:
            self.places = {key.value: index for index, (key, _) in enumerate(self.pairs)}
        return self.places.get(name)


def data(node: Node) -> Any:
    """The tree as plain dicts, lists and scalars."""
    if node.kind == "map":
        return {key.value: data(value) for key, value in node.pairs}
    if node.kind == "list":
        return [data(item) for item in node.items]
    return node.value


def find(root: Node, path: Path) -> Node | None:
    """The node at a path, or None."""
    node: Node | None = root
    for part in path:
        node = node.child(part) if node else None
    return node


def nearest(root: Node, path: Path) -> Node:
    """The node at a path, or the innermost one around it that is there."""
    node = root
    for part in path:
        below = node.child(part)
        if below is None:
            break
        node = below
    return node


def place_of(node: Node, file: str | None) -> Place:
    return Place(node.line, node.column, file)


def parse_path(text: str) -> Path:
    """`steps/0/then/1/tool` as its parts; digits are indices."""
    return tuple(int(part) if part.isdigit() else part for part in text.split("/")) if text else ()


def path_text(path: Path) -> str:
    return "/".join(str(part) for part in path)


def inside(node: Node, text: str, at: Place, source: str) -> tuple[int, int]:
    """Line and column in the whole text of a place in `source`, a text that stands in this scalar.

    The line of `source` is searched in the scalar as it is written; where quoting or folding changed it, the answer is
    the scalar's own place.
    """
    lines = source.split("\n")
    wanted = lines[at.line - 1] if at.line <= len(lines) else ""
    raw = text[node.start : node.end]
    found = raw.find(wanted) if wanted.strip() else -1
    if found < 0:
        return node.line, node.column
    before = text[: node.start + found + at.column - 1]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
