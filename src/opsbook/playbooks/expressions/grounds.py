"""What a condition's answer rests on: the values that it compared, and of a list the items that decided it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from opsbook.playbooks.expressions import nodes as n
from opsbook.playbooks.expressions.budget import Budget
from opsbook.playbooks.expressions.parser import tree
from opsbook.playbooks.expressions.program import Maker, Program
from opsbook.sdk.errors import InvalidDefinition
from opsbook.sdk.values import Json, Unknown

COMPARISONS = frozenset(("<", ">", "<=", ">=", "===", "!==", "==", "!="))
DECIDES = {"every": False, "some": True}  # what of an item decides the answer: one that fails, one that fits
FEW = 8
MOST_ITEMS = 1000


@dataclass(frozen=True)
class Ground:
    """A value that was compared, and the fields by which it was read, from a name or from the item `of` a list.

    Of a measurement the whole object, where only its `value` was compared: it knows its unit.
    """

    path: tuple[str, ...]
    value: Json
    of: Json = None


def grounds(source: str, names: Mapping[str, Json]) -> list[Ground]:
    """The first few values that the answer rests on, in the order in which they are read.

    Where a list was asked for `every` or `some`, only the items that decide are among them. What cannot be evaluated
    is left out. Raises `InvalidDefinition` for a source that is no expression.
    """
    found: list[Ground] = []
    for one in _Reader(source).under(tree(source), names, None):
        if one not in found:
            found.append(one)
        if len(found) == FEW:
            break
    return found


class _Reader:
    """Reads one source; each of its nodes becomes a program once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.programs: dict[int, tuple[Maker, Program]] = {}

    def under(self, node: n.Node, names: Mapping[str, Json], of: Json) -> Iterator[Ground]:
        match node:
            case n.Call(base=base, method=method, arguments=(n.Arrow(names=(name,), body=body),)) if method in DECIDES:
                items = None if base is None else self.value(base, names)
                for item in islice(items if isinstance(items, list) else (), MOST_ITEMS):
                    inner = {**names, name: item}
                    if self.value(body, inner) is DECIDES[method]:
                        yield from (one for one in self.under(body, inner, item) if one.of is not None)
            case n.Binary(sign=sign, left=left, right=right) if sign in COMPARISONS:
                for side in (left, right):
                    yield from self.compared(side, names, of)
            case n.Choice(yes=yes, no=no):
                yield from self.under(yes, names, of)
                yield from self.under(no, names, of)
            case n.Unary() | n.Binary() | n.Bracket():
                for child in n.children(node):
                    yield from self.under(child, names, of)

    def compared(self, node: n.Node, names: Mapping[str, Json], of: Json) -> Iterator[Ground]:
        """The value of a path; of a measurement all of it. Texts and figures: a flag says nothing to a reader."""
        while isinstance(node, n.Bracket):
            node = node.inner
        if isinstance(node, n.Binary | n.Unary):
            for child in n.children(node):
                yield from self.compared(child, names, of)
        elif isinstance(node, n.Member):
            whole = node.base if node.key == "value" else node
            value = self.value(whole, names)
            figure = value.get("value") if isinstance(value, dict) and whole is not node else value
            if isinstance(figure, str | int | float) and not isinstance(figure, bool):
                assert not isinstance(value, Unknown)
                yield Ground(_path(whole), value, of if _begins_at(whole, names, of) else None)

    def value(self, node: n.Node, names: Mapping[str, Json]) -> Json | Unknown:
        try:
            if id(node) not in self.programs:
                maker = Maker(self.source)
                self.programs[id(node)] = maker, maker.program(node, {})
            maker, program = self.programs[id(node)]
            found: Json | Unknown = program.value(maker.frame(names, Budget()))
        except InvalidDefinition:
            return Unknown("it cannot be evaluated")
        return found


def _begins_at(node: n.Node, names: Mapping[str, Json], of: Json) -> bool:
    while isinstance(node, n.Member | n.Index | n.Bracket):
        node = node.inner if isinstance(node, n.Bracket) else node.base
    return isinstance(node, n.Name) and names.get(node.name) is of


def _path(node: n.Node) -> tuple[str, ...]:
    found: list[str] = []
    while isinstance(node, n.Member | n.Index | n.Bracket):
        if isinstance(node, n.Member):
            found.append(node.key)
        node = node.inner if isinstance(node, n.Bracket) else node.base
    return (*([node.name] if isinstance(node, n.Name) else []), *reversed(found))
