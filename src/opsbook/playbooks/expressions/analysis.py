"""What an expression reads, without running it: for checks before anything runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from opsbook.playbooks.expressions import nodes as n
from opsbook.playbooks.expressions.parser import tree

Path = tuple[str, ...]
CACHED = 1024


@dataclass(frozen=True)
class Parsed:
    """What an expression reads.

    `names` are its free names, `strict_names` those of them that must exist: the others are defaulted by `??` or
    followed by `?.`. `paths` are the fields that are read from a free name, the name first: `steps.x.output.length`
    gives `("steps", "x", "output")`. A path ends where an index or a method begins.
    """

    names: frozenset[str] = frozenset()
    paths: frozenset[Path] = frozenset()
    strict_names: frozenset[str] = frozenset()


@lru_cache(CACHED)
def parse(source: str) -> Parsed:
    """The facts of an expression. Raises `InvalidDefinition` with a caret when it cannot be read."""
    return facts([(tree(source), frozenset())])


def facts(trees: Iterable[tuple[n.Node, frozenset[str]]]) -> Parsed:
    """The facts of several trees together; with each, the names that its surroundings define."""
    reader = _Reader()
    for node, bound in trees:
        reader.read(node, bound)
    names = frozenset(path[0] for path in reader.paths)
    return Parsed(names, frozenset(reader.paths), frozenset(reader.strict))


class _Reader:
    def __init__(self) -> None:
        self.paths: set[Path] = set()
        self.strict: set[str] = set()

    def read(
        self, node: n.Node, bound: frozenset[str], trail: Path = (), lax: bool = False, soft: bool = False
    ) -> None:
        """`trail` is what follows the node, `lax` that a `??` covers it, `soft` that a `?.` comes next."""
        match node:
            case n.Name(name=name):
                if name not in bound:
                    self.paths.add((name, *(trail[:-1] if trail[-1:] == ("length",) else trail)))
                    self.strict |= set() if lax or soft else {name}
            case n.Member(base=base, key=key):
                self.read(base, bound, (key, *trail), lax, node.optional)
            case n.Index(base=base, key=n.Literal(value=str() as key)):
                self.read(base, bound, (key, *trail), lax, node.optional)
            case n.Index(base=base):
                self.read(base, bound, (), lax, node.optional)
                self.read(node.key, bound)
            case n.Bracket(inner=inner):
                self.read(inner, bound, trail, lax, soft)
            case n.Call(base=base):
                if base is not None:
                    self.read(base, bound, (), lax, node.optional)
                for argument in node.arguments:
                    self.read(argument, bound)
            case n.Binary(sign="??", left=left, right=right):
                self.read(left, bound, (), True)
                self.read(right, bound)
            case n.Arrow(names=names, body=body):
                self.read(body, bound | set(names))
            case _:
                for child in n.children(node):
                    self.read(child, bound)
