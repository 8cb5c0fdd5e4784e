"""Text to nodes: one pass over the parser's events, so that nothing is built before it is known to be small.

What YAML offers beyond plain data (anchors, aliases, merge keys, tags, directives, several documents) is refused. JSON
is read by the same door: it is YAML's flow style.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.parser import Parser
from ruamel.yaml.scanner import Scanner

from opsbook.playbooks.text.nodes import Node
from opsbook.playbooks.text.scalars import TooLarge, meaning
from opsbook.sdk.errors import InvalidDefinition, Place, Problem

MOST_BYTES = 65_536
MOST_NODES = 5_000
DEEPEST = 24
MOST_PROBLEMS = 100  # told of one document; who has more mends these first
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\ufeff")


class Refused(Exception):
    """Reading cannot go on after this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


class _TooDeep(Exception):
    """Line and column of a bracket that is one too many."""


class _Directive(Exception):
    """Line of a directive: the library would act on it."""


class _NoCharacter(Exception):
    """Line and column of a text with an escape that names no character."""


class _ShallowScanner(Scanner):
    """The scanner looks ahead for a key's colon, and by that alone would walk thousands of brackets.

    What the library looks up anew for every character is looked up once.
    """

    @cached_property
    def reader(self) -> Any:
        return self.loader.reader

    def need_more_tokens(self) -> bool:
        """As the library has it, but for the common case, which it answers by walking its keys again."""
        if self.tokens and not self.possible_simple_keys:
            return False
        return bool(super().need_more_tokens())

    def fetch_flow_scalar(self, style: Any) -> None:
        mark = self.reader.get_mark()
        try:
            super().fetch_flow_scalar(style)
        except (ValueError, OverflowError):  # an escape beyond the last character
            raise _NoCharacter(mark.line + 1, mark.column + 1) from None

    def fetch_directive(self) -> None:
        raise _Directive(self.reader.get_mark().line + 1)

    def fetch_flow_collection_start(self, *args: Any, **more: Any) -> None:
        if self.flow_level >= DEEPEST:
            mark = self.reader.get_mark()
            raise _TooDeep(mark.line + 1, mark.column + 1)
        super().fetch_flow_collection_start(*args, **more)


class _Parser(Parser):
    @cached_property
    def scanner(self) -> Any:
        return self.loader.scanner


def decode(raw: bytes, file: str | None = None) -> str:
    """The bytes of a document as text. Raises `InvalidDefinition` that names the first byte that is not UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        place = _place(before, len(before), file)
        problem = Problem("This is not UTF-8 text.", "Save the file as UTF-8.", place=place, code="not_utf8")
        raise InvalidDefinition("The document is not text.", problems=[problem]) from None


def read(text: str, file: str | None = None) -> tuple[Node | None, list[Problem]]:
    """The tree and what is wrong with the text; without a tree when reading could not go on to the end."""
    reading = _Reading(file)
    try:
        _check_characters(text, file)
        root = reading.whole(text.removeprefix("\ufeff"))
    except Refused as error:
        return None, [*reading.problems, error.problem]
    return root, reading.problems


def _check_characters(text: str, file: str | None) -> None:
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "replace")) > MOST_BYTES:
        cure = "Split it: a step of type `playbook` runs another one."
        raise Refused(
            _problem(f"The document is longer than {MOST_BYTES:,} bytes.", cure, Place(1, 1, file), "too_long")
        )
    if found := _UNPRINTABLE.search(text, 1 if text.startswith("\ufeff") else 0):
        what = "A NUL character" if found[0] == "\0" else f"The control character U+{ord(found[0]):04X}"
        raise Refused(_problem(f"{what} stands here.", "Take it out.", _place(text, found.start(), file), "character"))


class _Reading:
    def __init__(self, file: str | None) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.count = 0

    def whole(self, text: str) -> Node:
        """The one document of the text. Raises `Refused`."""
        yaml = YAML(typ="safe", pure=True)
        yaml.Scanner, yaml.Parser = _ShallowScanner, _Parser
        root: Node | None = None
        try:
            events = iter(yaml.parse(text))
            for event in events:
                if isinstance(event, DocumentStartEvent):
                    self._document(event, root)
                elif isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent | AliasEvent):
                    root = self._node(event, events, 1)
        except _Directive as error:
            place = Place(error.args[0], 1, self.file)
            sentence, cure = "YAML directives are not used.", "Take the line that begins with % out."
            raise Refused(_problem(sentence, cure, place, "directive")) from None
        except _NoCharacter as error:
            place = Place(error.args[0], error.args[1], self.file)
            sentence = "An escape in this text stands for no character."
            raise Refused(_problem(sentence, "Take it out.", place, "character")) from None
        except _TooDeep as error:
            raise Refused(self._too_deep(*error.args)) from None
        except MarkedYAMLError as error:
            raise Refused(self._syntax(error)) from None
        except YAMLError as error:
            raise Refused(_problem(f"This is not YAML: {error}.", "", Place(1, 1, self.file), "syntax")) from None
        if root is None or (root.value is None and root.kind == "scalar"):
            sentence, cure = "The document is empty.", "A playbook begins with `id:`, `name:` and `steps:`."
            raise Refused(_problem(sentence, cure, Place(1, 1, self.file), "empty"))
        return root

    def _document(self, event: DocumentStartEvent, before: Node | None) -> None:
        if before is not None:
            cure = "Put each playbook into a file of its own."
            raise Refused(_problem("A second document begins here.", cure, self._at(event), "several_documents"))

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        self.count += 1
        if self.count > MOST_NODES:
            cure = "Split it: a step of type `playbook` runs another one."
            sentence = f"The document has more than {MOST_NODES:,} values."
            raise Refused(_problem(sentence, cure, self._at(event), "too_many_values"))
        if depth > DEEPEST:
            raise Refused(self._too_deep(event.start_mark.line + 1, event.start_mark.column + 1))
        self._plain_only(event)
        mark = event.start_mark
        node = Node("scalar", mark.line + 1, mark.column + 1, mark.index, event.end_mark.index)
        if isinstance(event, ScalarEvent):
            self._scalar(node, event)
        elif isinstance(event, SequenceStartEvent):
            node.kind, node.flow = "list", bool(event.flow_style)
            while not isinstance(event := next(events), SequenceEndEvent):
                node.items.append(self._node(event, events, depth + 1))
            node.end = event.end_mark.index
        elif isinstance(event, MappingStartEvent):
            node.kind, node.flow = "map", bool(event.flow_style)
            self._pairs(node, events, depth)
        return node

    def _pairs(self, node: Node, events: Iterator[Any], depth: int) -> None:
        lines: dict[str, int] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if key.kind != "scalar":
                self._say("A key is a text.", "Only plain words can be keys here.", event, "key")
                continue
            written = key.value if isinstance(key.value, str) else getattr(event, "value", "")
            key.value = str(written)
            if key.value == "<<" and not key.style:
                self._say("Merge keys are not used.", "Write the keys out.", event, "merge_key")
            elif key.value in lines:
                sentence = f"The key {shown(key.value)} stands twice, first on line {lines[key.value]}."
                self._say(sentence, "Keep one of them.", event, "duplicate_key")
            else:
                lines[key.value] = key.line
                node.pairs.append((key, value))
        node.end = event.end_mark.index

    def _scalar(self, node: Node, event: ScalarEvent) -> None:
        node.value, node.style = event.value, event.style or ""
        if not node.style:
            try:
                node.value = meaning(event.value)
            except TooLarge:
                self._say("This number is too large to be exact.", "Put it in quotes.", event, "number")
        elif _UNPRINTABLE.search(node.value):
            whole = node.value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # JSON writes halves
            if _UNPRINTABLE.search(whole) or "\ufffd" in whole:
                self._say("This escape stands for no character that can be shown.", "Take it out.", event, "character")
            node.value = whole

    def _plain_only(self, event: Any) -> None:
        if isinstance(event, AliasEvent):
            self._say(
                "Aliases are not used.", "Write the value out, or quote a text that begins with *.", event, "alias"
            )
        elif event.anchor is not None:
            self._say(
                "Anchors are not used.", "Write the value out, or quote a text that begins with &.", event, "anchor"
            )
        if getattr(event, "tag", None) is not None:
            self._say("Tags are not used.", "Take it out, or quote a text that begins with !.", event, "tag")

    def _say(self, sentence: str, cure: str, event: Any, code: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(_problem(sentence, cure, self._at(event), code))

    def _at(self, event: Any) -> Place:
        return Place(event.start_mark.line + 1, event.start_mark.column + 1, self.file)

    def _too_deep(self, line: int, column: int) -> Problem:
        sentence, cure = (
            f"The document is nested deeper than {DEEPEST}.",
            "Move the inner steps into a playbook of their own.",
        )
        return _problem(sentence, cure, Place(line, column, self.file), "too_deep")

    def _syntax(self, error: MarkedYAMLError) -> Problem:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1, self.file) if mark else Place(1, 1, self.file)
        said = " ".join(str(error.problem or error.context or "it cannot be read").split())
        return _problem(f"This is not YAML: {said[:200]}.", _syntax_cure(said), place, "syntax")


def shown(name: str) -> str:
    """A name as a message shows it: short."""
    return f"`{name}`" if len(name) <= 64 else f"`{name[:60]}…`"


def _syntax_cure(said: str) -> str:
    if "mapping values are not allowed" in said:
        return "Put a text that holds a colon and a blank in quotes."
    if "\\t" in said:
        return "Indent with blanks, not with tabs."
    if "escape" in said:
        return "In single quotes, and in a | block, a backslash is a backslash."
    return "Look at the indentation, the quotes and the brackets just before this place."


def _problem(sentence: str, cure: str, place: Place, code: str) -> Problem:
    return Problem(sentence, cure, place=place, code=code)


def _place(text: str, index: int, file: str | None) -> Place:
    before = text[:index]
    return Place(before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1, file)
