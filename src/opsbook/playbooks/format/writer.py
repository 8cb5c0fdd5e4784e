"""Lays a document out: two blanks a level, lists indented below their key, steps always one key a line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.fields import duration_text
from opsbook.playbooks.format.comments import Comment, Comments
from opsbook.playbooks.format.scalars import WIDTH, folded, literal, written
from opsbook.playbooks.model import Playbook
from opsbook.playbooks.text.nodes import Node, Path
from opsbook.playbooks.validate.annotations import Role, places
from opsbook.playbooks.validate.shape import document_path, known_keys


class Writer:
    """Writes one document. `comments` must come from the same tree."""

    def __init__(self, root: Node, text: str, playbook: Playbook, catalog: Catalog, comments: Comments) -> None:
        self.root = root
        self.text = text
        self.catalog = catalog
        self.comments = comments
        self.json = root.flow  # its quotes are the notation's, not the author's
        self.durations = dict(_durations(playbook))
        self.in_block = _block_paths(playbook)
        self.orders: dict[Path, dict[str, int]] = {}

    def document(self) -> str:
        """The whole text, with one line end at its end."""
        lines = self._comment_lines(self.comments.header, "", first=True)
        lines += [""] if lines else []
        lines += self._map(self.root, 0, ())
        return "\n".join(lines).strip("\n") + "\n"

    def _map(self, node: Node, indent: int, path: Path) -> list[str]:
        lines: list[str] = []
        for key, value in self._ordered(node, path):
            about = self.comments.of(key)
            lines += self._above(key, indent, first=not lines)
            head = " " * indent + written(key.value, key=True) + ":"
            lines += self._entry(head, value, indent, (*path, str(key.value)), about.behind)
        return lines + self._foot(node, indent)

    def _list(self, node: Node, indent: int, path: Path) -> list[str]:
        lines: list[str] = []
        for index, item in enumerate(node.items):
            lines += self._above(item, indent, first=not lines)
            lines += self._item(item, indent, (*path, index))
        return lines + self._foot(node, indent)

    def _item(self, item: Node, indent: int, path: Path) -> list[str]:
        head = " " * indent + "-"
        if not self._is_block(item, path, len(head)):
            return self._entry(head, item, indent, path, self.comments.of(item).behind)
        self._hoist(item, path)
        lines = self._map(item, indent + 2, path) if item.kind == "map" else self._list(item, indent + 2, path)
        above = []
        while (lines and lines[0].lstrip().startswith("#")) or (lines and not lines[0]):
            above.append(lines.pop(0)[2:])
        behind = "".join(f"  {comment}" for comment in self.comments.of(item).behind)
        return [*above, head + lines[0][indent + 1 :] + behind, *lines[1:]]

    def _hoist(self, item: Node, path: Path) -> None:
        """What stands above the first line inside an item stands above the item."""
        first = self._first(item, path)
        if first is not None:
            self.comments.of(first).gap = False

    def _first(self, item: Node, path: Path) -> Node | None:
        if item.kind == "map":
            return next((key for key, _ in self._ordered(item, path)), None)
        return item.items[0] if item.items else None

    def _entry(self, head: str, value: Node, indent: int, path: Path, behind: list[str]) -> list[str]:
        tail = "  " + "  ".join(behind) if behind else ""
        if value.kind == "scalar":
            return self._scalar(head, value, indent, path, tail)
        if not self._is_block(value, path, len(head)):
            return [f"{head} {self._flow(value, path)}{tail}"]
        lines = self._map(value, indent + 2, path) if value.kind == "map" else self._list(value, indent + 2, path)
        return [head + tail, *lines]

    def _scalar(self, head: str, value: Node, indent: int, path: Path, tail: str) -> list[str]:
        found = self._value(value, path)
        if isinstance(found, str):
            block = self._block(value, found, head, WIDTH - indent - 2)
            if block is not None:
                header, lines = block
                return [f"{head} {header}{tail}", *(" " * (indent + 2) + line if line else "" for line in lines)]
        return [f"{head} {self._one_line(value, path)}{tail}"]

    def _block(self, node: Node, found: str, head: str, room: int) -> tuple[str, list[str]] | None:
        """A text that takes lines of its own: one with line ends, one that the author folded, one that is too long."""
        if "\n" in found.rstrip("\n") or node.style == "|":
            return literal(found)
        if node.style in ("'", '"') and "\n" not in found and not self.json:
            return None
        if node.style == ">" or len(f"{head} {written(found)}") > WIDTH:
            return folded(node, self.text, found, room) or literal(found)
        return literal(found)

    def _flow(self, node: Node, path: Path) -> str:
        if node.kind == "map":
            pairs = (
                f"{written(key.value, flow=True, key=True)}: {self._flow(value, (*path, str(key.value)))}"
                for key, value in self._ordered(node, path)
            )
            return "{" + ", ".join(pairs) + "}"
        if node.kind == "list":
            return "[" + ", ".join(self._flow(item, (*path, index)) for index, item in enumerate(node.items)) + "]"
        return self._one_line(node, path, flow=True)

    def _one_line(self, node: Node, path: Path, *, flow: bool = False) -> str:
        quoted = node.style in ("'", '"') and not self.json and path not in self.durations
        return written(self._value(node, path), flow=flow, quoted=quoted)

    def _value(self, node: Node, path: Path) -> Any:
        return self.durations.get(path, node.value)

    def _is_block(self, node: Node, path: Path, before: int) -> bool:
        """Whether a collection takes a line for each of its entries."""
        if node.kind == "scalar" or not (node.pairs or node.items):
            return bool(self.comments.of(node).foot) and node.kind != "scalar"
        if path in self.in_block or not node.flow or self._has_comments(node):
            return True
        if any(item.kind != "scalar" for item in node.items) or _holds_one_object(node, path):
            return True
        return before + 1 + len(self._flow(node, path)) > WIDTH

    def _has_comments(self, node: Node) -> bool:
        own = self.comments.of(node)
        if own.foot:
            return True
        inner = [key for key, _ in node.pairs] + node.items
        if any(self.comments.of(one).before or self.comments.of(one).behind for one in inner):
            return True
        return any(self._has_comments(below) for _, below in node.children() if below.kind != "scalar")

    def _ordered(self, node: Node, path: Path) -> list[tuple[Node, Node]]:
        known = self.orders.get(path)
        if known is None:
            known = {key: index for index, key in enumerate(known_keys(self.root, path, self.catalog))}
            self.orders[path] = known
        return sorted(node.pairs, key=lambda pair: known.get(str(pair[0].value), len(known)))

    def _above(self, node: Node, indent: int, *, first: bool) -> list[str]:
        about = self.comments.of(node)
        lines = self._comment_lines(about.before, " " * indent, first=first)
        if about.gap and not (first and not lines):
            lines.append("") if lines else lines.insert(0, "")
        return lines

    def _foot(self, node: Node, indent: int) -> list[str]:
        return self._comment_lines(self.comments.of(node).foot, " " * indent, first=False)

    def _comment_lines(self, comments: list[Comment], indent: str, *, first: bool) -> list[str]:
        lines: list[str] = []
        for comment in comments:
            if comment.gap and (lines or not first):
                lines.append("")
            lines.append(indent + comment.text)
        return lines


def _holds_one_object(node: Node, path: Path) -> bool:
    """Whether an item of a list is one key with an object, which reads badly on one line."""
    return bool(path) and isinstance(path[-1], int) and len(node.pairs) == 1 and node.pairs[0][1].kind == "map"


def _durations(playbook: Playbook) -> Iterator[tuple[Path, str]]:
    for start, part in ((), playbook), *((document_path(text), step) for text, step in playbook.every_step()):
        for seen in places(part, start):
            if seen.role is Role.DURATION and isinstance(seen.value, timedelta):
                yield seen.path, duration_text(seen.value)


def _block_paths(playbook: Playbook) -> frozenset[Path]:
    """The document, its steps, and whatever has steps inside."""
    found: set[Path] = {()}
    for text, _ in playbook.every_step():
        path = document_path(text)
        found.update(path[:length] for length in range(1, len(path) + 1))
    return frozenset(found)
