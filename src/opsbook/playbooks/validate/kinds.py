"""Expressions that can never be true or false, told before a run meets them."""

from __future__ import annotations

from opsbook.playbooks.expressions import nodes as n
from opsbook.playbooks.expressions.parser import tree

_MAKE_LISTS = frozenset({"filter", "map", "flatMap", "slice", "concat", "sort", "reverse", "flat", "split"})
_MAKE_TEXTS = frozenset({"join", "toUpperCase", "toLowerCase", "trim", "replace", "replaceAll", "substring", "toFixed"})
_MAKE_NUMBERS = frozenset({"indexOf", "findIndex", "lastIndexOf"})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})


def never_boolean(source: str) -> str | None:
    """What an expression always is, when that is neither a boolean nor unknown; None otherwise.

    Raises `InvalidDefinition` when it cannot be read.
    """
    return _kind(tree(source))


def _kind(node: n.Node) -> str | None:
    match node:
        case n.Bracket(inner=inner):
            return _kind(inner)
        case n.Literal(value=value):
            return None if isinstance(value, bool) else "nothing" if value is None else _scalar(value)
        case n.Array():
            return "a list"
        case n.Object():
            return "an object"
        case n.Unary(sign="-"):
            return "a number"
        case n.Unary(operand=operand):
            return _kind(operand)
        case n.Binary(sign=sign) if sign in _ARITHMETIC:
            return "a text" if sign == "+" and "a text" in (_kind(node.left), _kind(node.right)) else "a number"
        case n.Binary(sign="&&" | "||"):
            return _kind(node.left) or _kind(node.right)
        case n.Choice(yes=yes, no=no):
            return _kind(yes) or _kind(no)
        case n.Member(key="length"):
            return "a number"
        case n.Call(method=method):
            return _made(method)
    return None


def _scalar(value: object) -> str:
    return "a text" if isinstance(value, str) else "a number"


def _made(method: str) -> str | None:
    if method in _MAKE_LISTS:
        return "a list"
    if method in _MAKE_TEXTS:
        return "a text"
    return "a number" if method in _MAKE_NUMBERS else None
