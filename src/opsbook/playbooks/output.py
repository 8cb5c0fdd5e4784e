"""The grammar of a typed result: the fields that an agent is to answer, in a small subset of JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from opsbook.playbooks.fields import NAME_PATTERN, Expression, StepFields
from opsbook.sdk.errors import Problem
from opsbook.sdk.work import Wanted

Unit = Literal["count", "cents", "ratio", "ms", "seconds"]
Name = Annotated[str, Field(pattern=NAME_PATTERN)]


class Leaf(StepFields):
    """A text, a number, or yes and no. `enum` closes a text to a few words, `unit` says what a number counts in."""

    type: Literal["string", "number", "boolean"]
    description: Annotated[str, Field(max_length=400)] = ""
    enum: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    unit: Unit | None = None


class Item(Leaf):
    """What a list holds: a leaf, or an object of leaves under `properties`."""

    type: Literal["string", "number", "boolean", "object"]  # type: ignore[assignment]
    properties: Annotated[dict[Name, Leaf], Field(max_length=20)] = Field(default_factory=dict)


class OutputField(Item):
    """One field of a result. Its value is worked out by `formula`, or else by the agent's model, from facts only.

    Both expressions read the run's names and the step's own: `answer` (the tool's, when it is one), each answer under
    its `as`, `figures` and `summary`. `otherwise` stands in where no model's answer is used; without it the field is a
    figure of its name, or unknown.
    """

    type: Literal["string", "number", "boolean", "array", "object"]  # type: ignore[assignment]
    items: Item | None = None
    max_items: Annotated[int, Field(ge=1, le=50)] = 20
    formula: Expression | None = None
    otherwise: Expression | None = None

    def wanted(self) -> Wanted:
        """As the desk reads it."""
        return _wanted(self)


def output_problems(output: Mapping[str, OutputField], taken: frozenset[str]) -> Iterator[Problem]:
    """What is wrong with the fields of a result; `taken` are names that stand in the step's value already."""
    for name, one in output.items():
        path = f"output/{name}"
        if name in taken:
            cure = "Call the field something else."
            yield Problem(f"A tool of this step answers as {name} already.", cure, path=path, code="duplicate_name")
        if one.formula is not None and one.otherwise is not None:
            cure = "A formula is always worked out: take `otherwise` away."
            sentence = "A field has a formula or an `otherwise`, not both."
            yield Problem(sentence, cure, path=f"{path}/otherwise", code="wrong_value")
        yield from _misfits(one, path)


def _misfits(one: Leaf, path: str) -> Iterator[Problem]:
    """Keys that do not go with a field's type, and keys that its type needs."""
    items, properties = getattr(one, "items", None), getattr(one, "properties", {})
    for key, there, kind in (
        ("enum", bool(one.enum), "string"),
        ("unit", one.unit is not None, "number"),
        ("items", items is not None, "array"),
        ("properties", bool(properties), "object"),
    ):
        if there and one.type != kind:
            cure = f"Take `{key}` away, or write `type: {kind}`."
            yield Problem(f"`{key}` belongs to type {kind}.", cure, path=f"{path}/{key}", code="wrong_value")
        elif one.type == kind and not there and key in ("items", "properties"):
            example = "items: {type: string}" if key == "items" else "properties: {name: {type: string}}"
            sentence = f"A field of type {kind} says what it holds."
            yield Problem(sentence, f"Add `{example}`.", path=path, code="missing_key")
    if items is not None:
        yield from _misfits(items, f"{path}/items")
    for name, inner in properties.items():
        yield from _misfits(inner, f"{path}/properties/{name}")


def _wanted(one: Leaf) -> Wanted:
    items = getattr(one, "items", None)
    return Wanted(
        one.type,
        " ".join(one.description.split()),
        one.enum,
        one.unit,
        _wanted(items) if items is not None else None,
        getattr(one, "max_items", 20),
        {name: _wanted(inner) for name, inner in getattr(one, "properties", {}).items()},
        getattr(one, "formula", None),
        getattr(one, "otherwise", None),
    )
