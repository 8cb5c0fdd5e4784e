"""A template's text over names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsbook.playbooks.expressions.arrows import Frame
from opsbook.playbooks.expressions.budget import OUTPUT, Budget
from opsbook.playbooks.expressions.evaluation import DEEPEST_VALUE, finished, size_of
from opsbook.playbooks.expressions.operators import boolean, kind_of
from opsbook.playbooks.expressions.pipes import piped
from opsbook.playbooks.expressions.showing import displayed, unknown_text
from opsbook.playbooks.expressions.source import Misfit, refusal
from opsbook.playbooks.expressions.templates import Choice, Loop, Part, Shown, Template, template
from opsbook.sdk.errors import InvalidDefinition
from opsbook.sdk.values import Json, Unknown, unknown_in

_NOTHING: Mapping[str, str] = {}
_PATH = re.compile(r"[\w.$\[\]]+")


@dataclass(frozen=True)
class Said:
    """One `{{ }}` of a text as it was filled in: its expression, what that gave, and how it reads.

    In a loop the expression names the item by its place in the list: `systems[2].name`.
    """

    source: str
    value: Json | Unknown
    text: str


def fill(text: str, names: Mapping[str, Json]) -> Json | Unknown:
    """The text, filled in. One that is a whole `{{ }}` without pipes keeps its value's type, unknown included.

    Inside a longer text, and behind a pipe, a value reads as people write it and an unknown as `unknown (reason)`.

    Raises:
        InvalidDefinition: as `evaluate`; a list or an object without a pipe; more than 1 MB of text.
    """
    return _fill(text, names, Budget())


def fill_text(text: str, names: Mapping[str, Json]) -> str:
    """The text, filled in and always a text: one that is a whole `{{ }}` too. Raises as `fill`."""
    return _written(text, names)[0]


def fill_key(text: str, names: Mapping[str, Json]) -> str | Unknown:
    """Like `fill_text`, for a text that tells things apart: unknown when something in it is."""
    key, lost = _written(text, names)
    return lost or key


def said_in(text: str, names: Mapping[str, Json], bound: Mapping[str, str] = _NOTHING) -> list[Said]:
    """What every `{{ }}` of a text says once it is filled in, in order; `bound` are names by what they stand for.

    Raises as `fill`.
    """
    if "{{" not in text:
        return []
    ready = template(text)
    writer = _Writer(ready, ready.maker.frame(names, Budget()))
    writer.bound |= bound
    said: list[Said] = []
    writer.said = said
    writer.write(ready.parts)
    return said


def fill_tree(value: Json, names: Mapping[str, Json]) -> Json | Unknown:
    """The JSON value with every text in it filled in, on one budget; keys stay. Unknowns inside it are JSON objects."""
    budget = Budget()

    def walk(item: Json, depth: int) -> Json | Unknown:
        if depth > DEEPEST_VALUE:
            raise InvalidDefinition(f"The value is nested deeper than {DEEPEST_VALUE}.", code="too_deep")
        if isinstance(item, str):
            return _fill(item, names, budget)
        if isinstance(item, list):
            return [_inside(walk(part, depth + 1)) for part in item]
        if isinstance(item, dict):
            return {key: _inside(walk(part, depth + 1)) for key, part in item.items()}
        return item

    return walk(value, 0)


def _inside(value: Json | Unknown) -> Json:
    return value.as_json() if isinstance(value, Unknown) else value


def _fill(text: str, names: Mapping[str, Json], budget: Budget) -> Json | Unknown:
    if "{{" not in text and "{%" not in text:
        return text
    ready = template(text)
    frame = ready.maker.frame(names, budget)
    first = ready.parts[0] if ready.parts else ""
    if ready.facts.whole and isinstance(first, Shown) and not first.pipes:
        return finished(first.value.value(frame))
    return _write(ready, frame)[0]


def _written(text: str, names: Mapping[str, Json]) -> tuple[str, Unknown | None]:
    if "{{" not in text and "{%" not in text:
        return text, None
    ready = template(text)
    return _write(ready, ready.maker.frame(names, Budget()))


def _write(ready: Template, frame: Frame) -> tuple[str, Unknown | None]:
    """The text, and the first unknown that is shown in it."""
    writer = _Writer(ready, frame)
    writer.write(ready.parts)
    return "".join(writer.out), writer.lost


class _Writer:
    def __init__(self, ready: Template, frame: Frame) -> None:
        self.text = ready.text
        self.frame = frame
        self.budget: Budget = frame[1]
        self.out: list[str] = []
        self.left = OUTPUT
        self.lost: Unknown | None = None
        self.said: list[Said] | None = None  # kept only where somebody asks for it: it costs more than the filling
        self.bound: dict[str, str] = {}  # the names that loops define, as expressions over the text's own names

    def write(self, parts: tuple[Part, ...]) -> None:
        for part in parts:
            self.budget.spend(4)
            match part:
                case str():
                    self._add(part)
                case Shown():
                    self._add(self._shown(part))
                case Loop():
                    self._loop(part)
                case Choice():
                    self._choice(part)

    def _add(self, text: str) -> None:
        self.budget.look(len(text))
        self.left -= size_of(text)
        if self.left < 0:
            sentence = f"The text grows larger than {OUTPUT // 1024 // 1024} MB."
            raise InvalidDefinition(sentence, cure="Show fewer items.", code="too_much_output")
        self.out.append(text)

    def _shown(self, part: Shown) -> str:
        value = given = part.value.value(self.frame)
        self.lost = self.lost or unknown_in(value)
        for name, at, arguments in part.pipes:
            more = [argument.value(self.frame) for argument in arguments]
            try:
                value = piped(name, value, more, self.budget)
            except Misfit as error:
                raise refusal(self.text, at, f"{name}: {error.sentence}", error.cure, "misfit") from None
        try:
            shown = displayed(value)
        except Misfit as error:
            raise refusal(self.text, part.at, error.sentence, error.cure, "misfit") from None
        if self.said is not None:
            self.said.append(Said(self._over_names(part.source), given, shown))
        return shown

    def _loop(self, part: Loop) -> None:
        items = part.items.value(self.frame)
        if isinstance(items, Unknown):
            self._add(unknown_text(items))
            return
        if not isinstance(items, list):
            raise refusal(self.text, part.at, f"A loop goes through a list, not {kind_of(items)}.", code="misfit")
        source = self._over_names(part.source) if self.said is not None else ""
        whole = source if _PATH.fullmatch(source) else f"({source})"
        for index, item in enumerate(items):
            if self.said is not None:
                self.bound[part.name] = f"{whole}[{index}]"
            self.frame[part.place] = item
            self.budget.spend(1)
            self.write(part.body)

    def _over_names(self, source: str) -> str:
        """An expression with the names of loops replaced by what they stand for."""
        for name, whole in self.bound.items():
            free = rf"(?<![\w.$\"'`]){re.escape(name)}(?![\w$\"'`])"
            source = re.sub(free, lambda _, whole=whole: whole, source)  # type: ignore[misc]
        return source

    def _choice(self, part: Choice) -> None:
        for test, body in part.branches:
            answer: Any = True if test is None else test.value(self.frame)
            lost = unknown_in(answer)
            if lost is not None:
                self._add(unknown_text(lost))
                return
            try:
                chosen = boolean(answer)
            except Misfit as error:
                raise refusal(self.text, part.at, error.sentence, error.cure, "misfit") from None
            if chosen:
                self.write(body)
                return
