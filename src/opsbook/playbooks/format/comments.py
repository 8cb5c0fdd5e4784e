"""The comments of a text, each with the entry that it belongs to.

An entry is a pair of a mapping or an item of a list. A comment behind something belongs to that entry; one on a line of
its own belongs to the entry that follows it, or closes the block whose indentation it has.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from opsbook.playbooks.text.nodes import Node

_HEADER = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\n]*)")


@dataclass
class Comment:
    """`gap`: a blank line stood before it."""

    text: str
    gap: bool = False


@dataclass
class Attached:
    """What belongs to one entry (`before`, `behind`), or closes one block (`foot`); `gap`: a blank line before it."""

    before: list[Comment] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    foot: list[Comment] = field(default_factory=list)
    gap: bool = False


@dataclass(frozen=True)
class Entry:
    """`node` is the key of a pair or the item of a list, `holder` the collection that it stands in."""

    node: Node
    holder: Node
    parents: tuple[Node, ...]


class Comments:
    """What belongs to which node, by the node's identity; `header` stands above everything."""

    def __init__(self) -> None:
        self.header: list[Comment] = []
        self.found: dict[int, Attached] = {}

    def of(self, node: Node) -> Attached:
        return self.found.setdefault(id(node), Attached())


def attach(root: Node, text: str) -> Comments:
    """Every comment of the text. Collections in `{}` and `[]` that hold comments are turned to block style."""
    comments = Comments()
    places = list(every_comment(root, text))
    for at, _ in places:
        _open_up(root, at)
    entries = list(_entries(root, ()))
    starts = [entry.node.start for entry in entries]
    for entry in entries:
        comments.of(entry.node).gap = _gap_before(text, _line_start(text, entry.node.start))
    for at, comment in places:
        index = bisect_right(starts, at)
        following = entries[index] if index < len(entries) else None
        if index == 0:
            comments.of(entries[0].node).before.append(Comment(comment, _gap_before(text, _line_start(text, at))))
        else:
            _belongs(comments, text, at, comment, entries[:index], following)
    if entries:
        comments.header = _header(comments.of(entries[0].node))
    return comments


def _header(first: Attached) -> list[Comment]:
    """The comments above the first entry that a blank line parts from it."""
    gaps = [index for index, comment in enumerate(first.before) if comment.gap and index > 0]
    cut = len(first.before) if first.gap else max(gaps, default=0)
    header, first.before = first.before[:cut], first.before[cut:]
    return header


def _belongs(comments: Comments, text: str, at: int, said: str, before: list[Entry], following: Entry | None) -> None:
    line = _line_start(text, at)
    if text[line:at].strip(" \t-"):
        owner = next((entry for entry in reversed(before) if not entry.holder.flow), before[0])
        comments.of(owner.node).behind.append(said)
        return
    comment = Comment(said, _gap_before(text, line))
    holder = _holder(before[-1], at - line + 1, at)
    below = following is not None and following.holder is not before[-1].holder and _in(before[-1].holder, following)
    if following is not None and (following.holder is holder or below or text[line:at].strip()):
        comments.of(following.node).before.append(comment)
    else:
        comments.of(holder).foot.append(comment)


def _holder(entry: Entry, column: int, at: int) -> Node:
    """The collection that a comment of this column belongs to, seen from the entry before it."""
    for holder in (entry.holder, *reversed(entry.parents)):
        if holder.flow or holder.style == "opened":
            if holder.start < at < holder.end:
                return holder
        elif holder.column <= column:
            return holder
    return entry.parents[0] if entry.parents else entry.holder


def _in(holder: Node, entry: Entry) -> bool:
    return any(one is holder for one in entry.parents)


def _entries(node: Node, parents: tuple[Node, ...]) -> Iterator[Entry]:
    around = (*parents, node)
    if node.kind == "map":
        for key, value in node.pairs:
            yield Entry(key, node, parents)
            yield from _entries(value, around)
    else:
        for item in node.items:
            yield Entry(item, node, parents)
            yield from _entries(item, around)


def every_comment(root: Node, text: str) -> Iterator[tuple[int, str]]:
    """Every comment and its offset: outside scalars, `#` can begin nothing else."""
    at = 0
    for scalar in [*_scalars(root), None]:
        end = scalar.start if scalar else len(text)
        while (mark := text.find("#", at, end)) >= 0:
            stop = text.find("\n", mark)
            stop = len(text) if stop < 0 else stop
            yield mark, text[mark:stop].rstrip()
            at = stop
        if scalar is None:
            return
        if scalar.style in ("|", ">") and (header := _HEADER.match(text, scalar.start)):
            yield scalar.start, header[1].rstrip()
        at = max(at, scalar.end)


def _scalars(node: Node) -> Iterator[Node]:
    if node.kind == "scalar":
        yield node
    elif node.kind == "map":
        for key, value in node.pairs:
            yield key
            yield from _scalars(value)
    else:
        for item in node.items:
            yield from _scalars(item)


def _open_up(node: Node, at: int) -> None:
    if node.kind != "scalar" and node.start < at < node.end and node.flow:
        node.flow, node.style = False, "opened"
    for _, inner in node.children():
        if inner.kind != "scalar" and inner.start < at < inner.end:
            _open_up(inner, at)


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _gap_before(text: str, line: int) -> bool:
    """Whether the line before the one that begins here is blank."""
    if line == 0:
        return False
    above = text[text.rfind("\n", 0, line - 1) + 1 : line - 1]
    return not above.strip()
