"""A text with `{{ }}` and `{% %}` to its parts, and what it reads.

`{{ expression | pipe | pipe(argument) }}` shows a value, `{% for x in list %} … {% endfor %}` repeats,
`{% if condition %} … {% elif condition %} … {% else %} … {% endif %}` chooses. A block's tag that has its line for
itself takes the line with it. Everything else is text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from opsbook.playbooks.expressions import nodes as n
from opsbook.playbooks.expressions.analysis import Parsed, facts
from opsbook.playbooks.expressions.lexer import TEXT
from opsbook.playbooks.expressions.parser import RESERVED, piped_tree, tree
from opsbook.playbooks.expressions.pipes import DEFAULT
from opsbook.playbooks.expressions.program import Maker, Program
from opsbook.playbooks.expressions.source import brief, near, refusal

LONGEST = 64 * 1024  # bytes of a template
DEEPEST_BLOCK = 8
MOST_TAGS = 1000
CACHED = 512

_OPENING = re.compile(r"\{\{|\{%")
_INSIDE = re.compile(rf"{TEXT}|\}}\}}|%\}}|[{{}}]")
_TAG = re.compile(r"\s*([A-Za-z]+)\s*")
_LOOP = re.compile(r"([A-Za-z_$][A-Za-z0-9_$]*)\s+in\s")
_TAGS = ("for", "endfor", "if", "elif", "else", "endif")


@dataclass(frozen=True)
class Shown:
    """`{{ }}`: a value and its pipes, each with its arguments. `source` is the value's expression."""

    at: int
    value: Program
    pipes: tuple[tuple[str, int, tuple[Program, ...]], ...]
    source: str = ""


@dataclass(frozen=True)
class Loop:
    at: int
    place: int
    items: Program
    body: tuple[Part, ...]
    name: str = ""
    source: str = ""


@dataclass(frozen=True)
class Choice:
    """The first branch whose test is true; the last one has none when there is an `else`."""

    at: int
    branches: tuple[tuple[Program | None, tuple[Part, ...]], ...]


Part = str | Shown | Loop | Choice


@dataclass(frozen=True)
class Embedded:
    """One expression of a template: its source, without pipes and tags, and its offset in the text."""

    source: str
    at: int


@dataclass(frozen=True)
class ParsedTemplate(Parsed):
    """What a text reads, all its expressions together. Names that its loops define are not among them.

    `whole` says that the text is one `{{ }}` and nothing else, and so keeps its value's type (unless it has pipes).
    """

    whole: bool = False
    expressions: tuple[Embedded, ...] = ()
    pipes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Template:
    """A text that is ready to be filled."""

    text: str
    parts: tuple[Part, ...]
    maker: Maker
    facts: ParsedTemplate


def parse_template(text: str) -> ParsedTemplate:
    """The facts of a text. Raises `InvalidDefinition` with a caret into the text."""
    return template(text).facts


@lru_cache(CACHED)
def template(text: str) -> Template:
    """The text's parts. Raises `InvalidDefinition`."""
    if _OPENING.search(text) is None:
        return Template(text, (text,) if text else (), Maker(text), ParsedTemplate())
    if len(text.encode("utf-8", "replace")) > LONGEST:
        raise refusal(text[:80], 0, f"The text is longer than {LONGEST // 1024} KB.", code="too_long")
    reader = _Reader(text)
    parts = reader.parts((), {})
    found = facts(reader.trees)
    whole = len(parts) == 1 and isinstance(parts[0], Shown)
    seen = ParsedTemplate(
        found.names, found.paths, found.strict_names, whole, tuple(reader.embedded), frozenset(reader.pipes)
    )
    return Template(text, parts, reader.maker, seen)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.next = 0
        self.maker = Maker(text)
        self.trees: list[tuple[n.Node, frozenset[str]]] = []
        self.embedded: list[Embedded] = []
        self.pipes: set[str] = set()
        self.depth = 0
        self.tags = 0
        self.ended: tuple[str, int, int] = ("", 0, 0)

    def parts(self, until: tuple[str, ...], scope: dict[str, int], opened: int = 0) -> tuple[Part, ...]:
        """The parts up to one of these tags, which is left in `ended`, or up to the end of the text."""
        found: list[Part] = []
        while (opening := _OPENING.search(self.text, self.next)) is not None:
            start = opening.start()
            self.tags += 1
            if self.tags > MOST_TAGS:
                raise refusal(self.text, start, f"The text has more than {MOST_TAGS:,} tags.", code="too_long")
            end = self._closing(start)
            if self.text[start + 1] == "{":
                self._keep(found, start, end)
                found.append(self._shown(start + 2, end - 2, scope))
                continue
            tag, at = self._tag(start, end)
            self._keep(found, *self._line(start, end))
            if tag in until:
                self.ended = (tag, at, end - 2)
                return tuple(found)
            found.append(self._block(tag, start, at, end - 2, scope))
        if until:
            raise refusal(self.text, opened, "This block is not closed.", f"Close it with {{% {until[-1]} %}}.")
        self._keep(found, len(self.text), len(self.text))
        return tuple(found)

    def _keep(self, found: list[Part], start: int, end: int) -> None:
        if start > self.next:
            found.append(self.text[self.next : start])
        self.next = max(end, self.next)

    def _closing(self, start: int) -> int:
        """Where the tag at `start` ends: braces of objects and texts inside it are passed over."""
        wanted = "}}" if self.text[start + 1] == "{" else "%}"
        at, open_braces = start + 2, 0
        while (match := _INSIDE.search(self.text, at)) is not None:
            at = match.end()
            if match[0] == wanted and not open_braces:
                return at
            if match[0] == "}}" and open_braces:
                at -= 1
                open_braces -= 1
            elif match[0] in "{}":
                open_braces += 1 if match[0] == "{" else -1
        raise refusal(
            self.text, start, f"This is not closed: {self.text[start : start + 2]}.", f"Close it with {wanted}."
        )

    def _line(self, start: int, end: int) -> tuple[int, int]:
        """The tag's bounds, widened to its line when nothing else stands there."""
        before = self.text.rfind("\n", 0, start) + 1
        after = self.text.find("\n", end)
        after = len(self.text) if after < 0 else after + 1
        alone = not self.text[max(before, self.next) : start].strip() and not self.text[end:after].strip()
        return (max(before, self.next), after) if alone and before >= self.next else (start, end)

    def _tag(self, start: int, end: int) -> tuple[str, int]:
        match = _TAG.match(self.text, start + 2, end - 2)
        word = match[1] if match else ""
        if match is None or word not in _TAGS:
            raise refusal(
                self.text, start, f"There is no such tag{': ' + brief(word) if word else ''}.", near(word, _TAGS)
            )
        if word in ("else", "endfor", "endif") and match.end() != end - 2:
            raise refusal(self.text, match.end(), f"{word} stands alone.")
        return word, match.end()

    def _block(self, tag: str, start: int, at: int, end: int, scope: dict[str, int]) -> Part:
        if tag not in ("for", "if"):
            raise refusal(self.text, start, f"There is no block that {tag} belongs to.")
        self.depth += 1
        if self.depth > DEEPEST_BLOCK:
            raise refusal(self.text, start, f"Blocks are nested deeper than {DEEPEST_BLOCK}.", code="too_deep")
        block = self._loop(start, at, end, scope) if tag == "for" else self._choice(start, at, end, scope)
        self.depth -= 1
        return block

    def _loop(self, start: int, at: int, end: int, scope: dict[str, int]) -> Loop:
        match = _LOOP.match(self.text, at, end)
        if match is None or match[1] in RESERVED:
            raise refusal(self.text, at, "A loop names its item.", "Write {% for order in orders %}.")
        source = self.text[match.end() : end].strip()
        items = self._program(match.end(), end, scope)
        place = self.maker.place()
        body = self.parts(("endfor",), {**scope, match[1]: place}, start)
        return Loop(start, place, items, body, match[1], source)

    def _choice(self, start: int, at: int, end: int, scope: dict[str, int]) -> Choice:
        branches: list[tuple[Program | None, tuple[Part, ...]]] = []
        test: Program | None = self._program(at, end, scope)
        while True:
            body = self.parts(("endif",) if test is None else ("elif", "else", "endif"), scope, start)
            branches.append((test, body))
            tag, at, end = self.ended
            if tag == "endif":
                return Choice(start, tuple(branches))
            test = self._program(at, end, scope) if tag == "elif" else None

    def _program(self, start: int, end: int, scope: dict[str, int]) -> Program:
        node = tree(self.text, start, end)
        self._note(node, start, end, scope)
        return self.maker.program(node, scope)

    def _shown(self, start: int, end: int, scope: dict[str, int]) -> Shown:
        found = piped_tree(self.text, start, end)
        node = found.node
        if found.pipes and found.pipes[0][0] == DEFAULT:
            node = n.Binary(start, "??", node, n.Literal(start, None))
        self._note(node, start, found.end, scope)
        self.pipes |= {name for name, _, _ in found.pipes}
        for _, _, arguments in found.pipes:
            self.trees += [(argument, frozenset(scope)) for argument in arguments]
        pipes = tuple(
            (name, at, tuple(self.maker.program(argument, scope) for argument in arguments))
            for name, at, arguments in found.pipes
        )
        return Shown(start, self.maker.program(node, scope), pipes, self.text[start : found.end].strip())

    def _note(self, node: n.Node, start: int, end: int, scope: dict[str, int]) -> None:
        self.trees.append((node, frozenset(scope)))
        source = self.text[start:end]
        self.embedded.append(Embedded(source.strip(), start + len(source) - len(source.lstrip())))
