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
    """`base.method(arguments)`; `space` is set for `Math.round(x)` and its like, whose base is a name of the language."""

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


Node = (
    Literal | UnknownLiteral | Name | Member | Index | Call | Arrow | Array | Object | Unary | Binary | Choice
)
