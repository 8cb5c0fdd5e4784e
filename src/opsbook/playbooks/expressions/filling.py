"""A template's text over names."""

from __future__ import annotations

from collections.abc import Mapping
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
        value = part.value.value(self.frame)
        self.lost = self.lost or unknown_in(value)
        for name, at, arguments in part.pipes:
            given = [argument.value(self.frame) for argument in arguments]
            try:
                value = piped(name, value, given, self.budget)
            except Misfit as error:
                raise refusal(self.text, at, f"{name}: {error.sentence}", error.cure, "misfit") from None
        try:
            return displayed(value)
        except Misfit as error:
            raise refusal(self.text, part.at, error.sentence, error.cure, "misfit") from None

    def _loop(self, part: Loop) -> None:
        items = part.items.value(self.frame)
        if isinstance(items, Unknown):
            self._add(unknown_text(items))
            return
        if not isinstance(items, list):
            raise refusal(self.text, part.at, f"A loop goes through a list, not {kind_of(items)}.", code="misfit")
        for item in items:
            self.frame[part.place] = item
            self.budget.spend(1)
            self.write(part.body)

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
