"""Reads a model's answer: each field by its type, each claim in it held against the facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opsbook.agents.checking import faults_in
from opsbook.agents.page import Fact
from opsbook.agents.privacy.tokens import TOKEN
from opsbook.agents.prose import filled, loose_ends, put_in
from opsbook.agents.wording import paragraph
from opsbook.sdk.values import Json, JsonObject
from opsbook.sdk.work import Wanted


@dataclass
class Answered:
    """An answer as it was read. `values` holds the fields that it has, `rests_on` the facts behind each of them.

    With `faults`, sentences for the model, nothing of it may be used.
    """

    values: JsonObject = field(default_factory=dict)
    rests_on: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read_answer(
    answer: Any,
    fields: Mapping[str, Wanted],
    facts: Sequence[Fact],
    ordinary: Sequence[str] = (),
) -> Answered:
    """Read an answer. The `facts` hold names behind tokens as well; `ordinary` words are nobody's name.

    A text may hold figures, times, names and statuses by their tokens only; a number is a fact's own value, by its
    token; a choice and a yes or no name the facts that they rest on.
    """
    read = Answered()
    if not isinstance(answer, Mapping):
        read.faults.append("The answer is an object with the fields that were asked for.")
        return read
    for name, value in answer.items():
        wanted = fields.get(str(name))
        if wanted is None:
            read.faults.append(f"There is no field {str(name)[:40]}: {', '.join(fields)}.")
        elif value is not None:
            reading = _Reading(str(name), facts, ordinary)
            read.values[str(name)] = reading.read(value, wanted)
            read.rests_on[str(name)] = list(dict.fromkeys(reading.used))
            read.faults += reading.faults
    read.faults = list(dict.fromkeys(read.faults))
    return read


@dataclass
class _Reading:
    """One field. `used` collects the facts that it is made of."""

    name: str
    facts: Sequence[Fact]
    ordinary: Sequence[str]
    used: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def read(self, value: Any, wanted: Wanted) -> Json:
        if wanted.type == "array":
            return self._array(value, wanted)
        if wanted.type == "object":
            return self._object(value, wanted)
        if wanted.type == "number":
            return self._number(value, wanted)
        if wanted.type == "boolean" or wanted.enum:
            return self._judged(value, wanted)
        return self._text(value)

    def _wrong(self, sentence: str) -> None:
        self.faults.append(f"{self.name}: {sentence}")

    def _array(self, value: Any, wanted: Wanted) -> Json:
        assert wanted.items is not None
        if not isinstance(value, list):
            self._wrong("this is a list.")
            return None
        if len(value) > wanted.max_items:
            self._wrong(f"at most {wanted.max_items} entries.")
            return None
        return [self.read(item, wanted.items) for item in value]

    def _object(self, value: Any, wanted: Wanted) -> Json:
        if not isinstance(value, Mapping):
            self._wrong("this is an object.")
            return None
        found: JsonObject = {}
        for key, one in value.items():
            if key not in wanted.properties:
                self._wrong(f"there is no {str(key)[:40]} in it: {', '.join(wanted.properties)}.")
            elif one is not None:
                found[key] = self.read(one, wanted.properties[key])
        return found

    def _number(self, value: Any, wanted: Wanted) -> Json:
        token = TOKEN.fullmatch(value.strip()) if isinstance(value, str) else None
        if token is None:
            self._wrong("write the token of the fact that is this figure, like [[f3]], and nothing else.")
            return None
        fact = self._fact(token[1])
        if fact is None:
            return None
        if isinstance(fact.value, bool) or not isinstance(fact.value, int | float) or fact.unit in ("text", "time"):
            self._wrong(f"{fact.id} is no figure.")
            return None
        if wanted.unit and fact.unit != wanted.unit:
            self._wrong(f"{fact.id} is a figure in {fact.unit}, not in {wanted.unit}.")
            return None
        return fact.value

    def _judged(self, value: Any, wanted: Wanted) -> Json:
        """A choice, or yes and no: a judgement, which names the facts that it rests on."""
        if not isinstance(value, Mapping) or set(value) != {"value", "rests_on"}:
            self._wrong("this is an object with value and rests_on.")
            return None
        judged, rests_on = value["value"], value["rests_on"]
        if wanted.enum and judged not in wanted.enum:
            self._wrong(f"one of {', '.join(wanted.enum)}.")
        elif not wanted.enum and not isinstance(judged, bool):
            self._wrong("true or false.")
        tokens = rests_on if isinstance(rests_on, list) else []
        named = [TOKEN.fullmatch(one.strip()) for one in tokens if isinstance(one, str)]
        if not named or None in named or len(named) != len(tokens):
            self._wrong("rests_on holds the tokens of the facts that it rests on, one at least.")
            return None
        for token in named:
            self._fact(token[1] if token else "")
        return judged if isinstance(judged, str | bool) else None

    def _text(self, value: Any) -> Json:
        if not isinstance(value, str) or not value.strip():
            self._wrong("this is a text; leave the field out when there is nothing to say.")
            return None
        wrong = loose_ends(value, self.facts)
        if not wrong:
            wrong = [fault.sentence for fault in faults_in(put_in(value, self.facts), self.facts, self.ordinary)]
        for sentence in wrong:
            self._wrong(sentence)
        self.used += TOKEN.findall(value)
        return None if wrong else paragraph(filled(value, self.facts))

    def _fact(self, fact_id: str) -> Fact | None:
        found = next((fact for fact in self.facts if fact.id == fact_id), None)
        if found is None:
            self._wrong(f"There is no fact {fact_id}.")
        else:
            self.used.append(found.id)
        return found
