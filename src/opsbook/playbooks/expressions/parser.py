"""Tokens to a tree, by precedence climbing. The grammar is a subset of JavaScript's, with its precedences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opsbook.playbooks.expressions.calls import METHOD_NAMES
from opsbook.playbooks.expressions.functions import FUNCTIONS
from opsbook.playbooks.expressions.lexer import Token, tokens
from opsbook.playbooks.expressions.nodes import (
    Array,
    Arrow,
    Binary,
    Bracket,
    Call,
    Choice,
    Index,
    Literal,
    Member,
    Name,
    Node,
    Object,
    Unary,
    UnknownLiteral,
    children,
)
from opsbook.playbooks.expressions.pipes import PIPES
from opsbook.playbooks.expressions.source import brief, near, refusal

DEEPEST = 40  # expressions within expressions
TALLEST = 100  # links of a path and operators of a chain count as well
SPACES = frozenset({"Math", "Object", "Array"})
CONVERSIONS = frozenset(FUNCTIONS[""])
_POWER = {
    "??": 1,
    "||": 2,
    "&&": 3,
    "===": 4,
    "!==": 4,
    "==": 4,
    "!=": 4,
    "<": 5,
    "<=": 5,
    ">": 5,
    ">=": 5,
    "+": 6,
    "-": 6,
    "*": 7,
    "/": 7,
    "%": 7,
}
_SAME = {"==": "===", "!=": "!=="}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_WORDS = """await async break case catch class const continue debugger default delete do else enum export extends
finally for function if import in instanceof let new return super switch this throw try typeof undefined var void while
with yield eval arguments NaN Infinity globalThis"""
RESERVED = frozenset(_WORDS.split()) | {*_CONSTANTS, *SPACES, *CONVERSIONS, "unknown"}


@dataclass(frozen=True)
class Piped:
    """An expression, where its source ends, and its pipes: name, place and arguments of each."""

    node: Node
    end: int
    pipes: tuple[tuple[str, int, tuple[Node, ...]], ...]


def tree(source: str, start: int = 0, end: int | None = None) -> Node:
    """The tree of an expression. `start` and `end` bound it within a longer source.

    Raises `InvalidDefinition` with a caret.
    """
    return piped_tree(source, start, end, allowed=False).node


def piped_tree(source: str, start: int = 0, end: int | None = None, *, allowed: bool = True) -> Piped:
    """The tree of an expression, and the pipes behind it. Raises `InvalidDefinition` with a caret."""
    parser = _Parser(source, tokens(source, start, end))
    node = parser.expression()
    stop = parser.tokens[parser.next].at
    pipes = tuple(parser.pipes()) if allowed else ()
    if parser.tokens[parser.next].kind != "end":
        raise parser.unexpected()
    for tree in (node, *(argument for _, _, arguments in pipes for argument in arguments)):
        _measure(tree, source)
    return Piped(node, stop, pipes)


def _measure(node: Node, source: str) -> None:
    level = [node]
    for _ in range(TALLEST):
        level = [child for parent in level for child in children(parent)]
        if not level:
            return
    raise refusal(source, level[0].at, f"The expression chains more than {TALLEST} links.", code="too_deep")


class _Parser:
    def __init__(self, source: str, found: list[Token]) -> None:
        self.source = source
        self.tokens = found
        self.next = 0
        self.depth = 0
        self.bracketed: set[int] = set()

    def expression(self) -> Node:
        """A whole expression: `a ? b : c` binds the least."""
        self._deeper()
        test = self._binary(1)
        node = test
        if (sign := self._take("?")) is not None:
            yes = self.expression()
            self._need(":", "the other half of `? :`")
            node = Choice(sign.at, test, yes, self.expression())
        self.depth -= 1
        return node

    def _binary(self, least: int) -> Node:
        left = self._unary()
        while (token := self._peek()).kind == "sign" and (power := _POWER.get(str(token.value), 0)) >= least:
            self.next += 1
            right = self._binary(power + 1)
            sign = str(token.value)
            self._not_mixed(sign, left, right, token)
            left = Binary(token.at, _SAME.get(sign, sign), left, right)
        return left

    def _not_mixed(self, sign: str, left: Node, right: Node, token: Token) -> None:
        sides = {side.sign for side in (left, right) if isinstance(side, Binary) and side.at not in self.bracketed}
        if (sign == "??" and sides & {"&&", "||"}) or (sign in ("&&", "||") and "??" in sides):
            raise refusal(
                self.source, token.at, "`??` does not mix with `&&` and `||`.", "Put one of them in brackets."
            )

    def _unary(self) -> Node:
        signs: list[Token] = []
        while (token := self._peek()).kind == "sign" and token.value in ("!", "-"):
            self.next += 1
            signs.append(token)
            if len(signs) > DEEPEST:
                raise self._too_deep()
        node = self._postfix()
        for token in reversed(signs):
            node = Unary(token.at, str(token.value), node)
        return node

    def _postfix(self) -> Node:
        node = self._primary()
        links = 0
        if isinstance(node, Name) and node.name in SPACES and self._peek().value not in (".", "?."):
            raise refusal(self.source, node.at, f"{node.name} can only be used for its functions.")
        while (token := self._peek()).kind == "sign" and token.value in (".", "?.", "[", "("):
            links += 1
            if links > TALLEST:
                raise self._too_deep()
            if token.value == "(":
                raise refusal(
                    self.source,
                    token.at,
                    "Only methods can be called.",
                    "Write it like orders.filter(o => o.total > 10).",
                )
            self.next += 1
            optional = token.value == "?."
            if token.value == "[" or (optional and self._take("[") is not None):
                key = self.expression()
                self._need("]", "the bracket's end")
                node = Index(token.at, node, key, optional)
            else:
                node = self._dotted(node, optional)
        return node

    def _dotted(self, base: Node, optional: bool) -> Node:
        name = self._peek()
        if name.kind != "name":
            raise refusal(self.source, name.at, "A name is missing after the dot.")
        self.next += 1
        key = str(name.value)
        space = base.name if isinstance(base, Name) and base.name in SPACES else None
        if self._take("(") is None:
            if space is not None:
                raise refusal(self.source, name.at, f"{space} can only be used for its functions.")
            return Member(name.at, base, key, optional)
        known = METHOD_NAMES if space is None else FUNCTIONS[space]
        if key not in known:
            shown = key if space is None else f"{space}.{key}"
            raise refusal(
                self.source, name.at, f"There is no method {brief(shown)}.", near(key, known), "unknown_method"
            )
        return Call(name.at, None if space else base, key, self._arguments(), optional, space)

    def _arguments(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while self._take(")") is None:
            if found:
                self._need(",", "a comma between arguments")
                if self._take(")") is not None:
                    break
            found.append(self._arrow() or self.expression())
        return tuple(found)

    def _arrow(self) -> Arrow | None:
        """An arrow function, when one stands here; nothing is taken otherwise."""
        start = self.next
        names: list[str] = []
        if (token := self._peek()).kind == "name":
            names.append(str(token.value))
            self.next += 1
        elif self._take("(") is not None:
            while (token := self._peek()).kind == "name":
                names.append(str(token.value))
                self.next += 1
                if self._take(",") is None:
                    break
            if self._take(")") is None:
                self.next = start
                return None
        sign = self._take("=>") if self.next > start else None
        if sign is None:
            self.next = start
            return None
        for name in names:
            if name in RESERVED:
                raise refusal(self.source, self.tokens[start].at, f"{name} cannot be a parameter's name.")
        if len(set(names)) != len(names) or len(names) > 4:
            raise refusal(
                self.source, self.tokens[start].at, "A function has up to four parameters of different names."
            )
        if self._peek().value == "{":
            raise refusal(self.source, self._peek().at, "A function's body is one expression.", "Put an object in ( ).")
        return Arrow(sign.at, tuple(names), self.expression())

    def _primary(self) -> Node:
        token = self._peek()
        self.next += 1
        if token.kind in ("number", "text"):
            return Literal(token.at, token.value)
        if token.kind == "name":
            return self._name(token)
        if token.value == "(":
            inner = self.expression()
            self._need(")", "the closing bracket")
            if isinstance(inner, Binary):
                self.bracketed.add(inner.at)
            return Bracket(token.at, inner) if isinstance(inner, Member | Index | Call) else inner
        if token.value == "[":
            return self._array(token)
        if token.value == "{":
            return self._object(token)
        self.next -= 1
        raise self.unexpected()

    def _name(self, token: Token) -> Node:
        name = str(token.value)
        if name in _CONSTANTS:
            return Literal(token.at, _CONSTANTS[name])
        if name == "unknown":
            return UnknownLiteral(token.at)
        if name in CONVERSIONS:
            self._need("(", f"the argument of {name}")
            return Call(token.at, None, name, self._arguments(), False, "")
        if name in RESERVED - SPACES:
            cure = "Write null." if name == "undefined" else ""
            raise refusal(self.source, token.at, f"`{name}` is not in the language.", cure)
        return Name(token.at, name)

    def _array(self, token: Token) -> Node:
        items: list[Node] = []
        while self._take("]") is None:
            if items:
                self._need(",", "a comma between items")
                if self._take("]") is not None:
                    break
            items.append(self.expression())
        return Array(token.at, tuple(items))

    def _object(self, token: Token) -> Node:
        items: list[tuple[str, Node]] = []
        while self._take("}") is None:
            if items:
                self._need(",", "a comma between fields")
                if self._take("}") is not None:
                    break
            key = self._peek()
            if key.kind not in ("name", "text") or key.value == "__proto__":
                raise refusal(self.source, key.at, "A field's name is missing, or is not allowed.")
            self.next += 1
            self._need(":", "a colon after the field's name")
            items.append((str(key.value), self.expression()))
        return Object(token.at, tuple(items))

    def pipes(self) -> Iterator[tuple[str, int, tuple[Node, ...]]]:
        while self._take("|") is not None:
            name = self._peek()
            if name.kind != "name":
                raise refusal(self.source, name.at, "A pipe's name is missing.", near("", PIPES))
            if name.value not in PIPES:
                raise refusal(
                    self.source, name.at, f"There is no pipe {brief(str(name.value))}.", near(str(name.value), PIPES)
                )
            self.next += 1
            yield str(name.value), name.at, self._arguments() if self._take("(") is not None else ()

    def _peek(self) -> Token:
        return self.tokens[self.next]

    def _take(self, sign: str) -> Token | None:
        token = self.tokens[self.next]
        if token.kind == "sign" and token.value == sign:
            self.next += 1
            return token
        return None

    def _need(self, sign: str, what: str) -> None:
        if self._take(sign) is None:
            raise refusal(self.source, self._peek().at, f"Here should be `{sign}`: {what}.")

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._too_deep()

    def _too_deep(self) -> Exception:
        return refusal(
            self.source, self._peek().at, f"The expression is nested deeper than {DEEPEST}.", code="too_deep"
        )

    def unexpected(self) -> Exception:
        token = self._peek()
        if token.kind == "end":
            return refusal(self.source, token.at, "The expression ends too early.")
        if token.value == "=>":
            return refusal(self.source, token.at, "A function can only be an argument of a method.")
        cure = "Pipes work in {{ }} of texts only." if token.value == "|" else ""
        return refusal(self.source, token.at, "This does not belong here.", cure=cure)
