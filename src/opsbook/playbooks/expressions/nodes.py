"""The tree of an expression. `at` is the place in the source that an error points to."""

from __future__ import annotations

from dataclasses import dataclass

from opsbook.sdk.values import Json


@dataclass(frozen=True)
class Literal:
    at: int
    value: Json


@dataclass(frozen=True)
class UnknownLiteral:
    at: int


@dataclass(frozen=True)
class Name:
    at: int
    name: str


@dataclass(frozen=True)
class Member:
    """`base.key`, or `base?.key`."""

    at: int
    base: Node
    key: str
    optional: bool


@dataclass(frozen=True)
class Index:
    """`base[key]`, or `base?.[key]`."""

    at: int
    base: Node
    key: Node
    optional: bool


@dataclass(frozen=True)
class Call:
    """`base.method(arguments)`; `Math.round(x)` has a `space` and no base, `String(x)` has the empty space."""

    at: int
    base: Node | None
    method: str
    arguments: tuple[Node, ...]
    optional: bool
    space: str | None = None


@dataclass(frozen=True)
class Arrow:
    at: int
    names: tuple[str, ...]
    body: Node


@dataclass(frozen=True)
class Array:
    at: int
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Object:
    at: int
    items: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Unary:
    at: int
    sign: str
    operand: Node


@dataclass(frozen=True)
class Binary:
    at: int
    sign: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Choice:
    """`test ? yes : no`."""

    at: int
    test: Node
    yes: Node
    no: Node


@dataclass(frozen=True)
class Bracket:
    """A path in brackets: a `?.` inside ends there, not after it."""

    at: int
    inner: Node


Node = (
    Bracket | Literal | UnknownLiteral | Name | Member | Index | Call | Arrow | Array | Object | Unary | Binary | Choice
)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in source order."""
    match node:
        case Member(base=base) | Bracket(inner=base) | Unary(operand=base) | Arrow(body=base):
            return (base,)
        case Index(base=base, key=key):
            return (base, key)
        case Call(base=base, arguments=arguments):
            return arguments if base is None else (base, *arguments)
        case Array(items=items):
            return items
        case Object(items=fields):
            return tuple(value for _, value in fields)
        case Binary(left=left, right=right):
            return (left, right)
        case Choice(test=test, yes=yes, no=no):
            return (test, yes, no)
    return ()
