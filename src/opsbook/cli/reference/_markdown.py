"""Markdown tables, and types in the words that an author of playbooks uses."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import Enum
from inspect import cleandoc
from textwrap import dedent
from typing import Annotated, Any, ForwardRef, Literal, Union, get_args, get_origin

from pydantic import AliasChoices, AwareDatetime, BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from opsbook.playbooks.fields import BlockMark, ConditionMark, ExpressionMark, FilledMark, duration_text

MARKS: tuple[tuple[type[Any], str], ...] = (
    (ConditionMark, "condition"),
    (ExpressionMark, "expression"),
    (BlockMark, "steps"),
)
WORDS: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    timedelta: "duration",
    AwareDatetime: "time with its zone",
    SecretStr: "secret",
    type(None): "nothing",
    Any: "any value",
}


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a line that says so when it has no rows."""
    lines = [_row(cells) for cells in rows]
    if not lines:
        return "None.\n"
    return "\n".join([_row(heads), "|" + " --- |" * len(heads), *lines]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") or " " for cell in cells) + " |"


def code(text: object) -> str:
    return f"`{text}`" if str(text) else ""


def codes(names: Iterable[object]) -> str:
    return ", ".join(code(name) for name in names)


def paragraphs(docstring: str | None) -> str:
    """A docstring as Markdown: its lines joined into paragraphs, indented blocks kept as code."""
    return "\n\n".join(
        f"```\n{dedent(block)}\n```" if block.startswith("    ") else " ".join(block.split())
        for block in cleandoc(docstring or "").split("\n\n")
    )


def fields_and_parts(model: type[BaseModel], level: int) -> str:
    """The table of a model, then a section for each model that its fields are made of."""
    sections = [fields_table(model)]
    for part in parts_of(model):
        told = paragraphs(part.__doc__)
        sections.append(f"{'#' * level} {code(part.__name__)}\n" + (f"\n{told}\n" if told else ""))
        sections.append(fields_table(part))
    return "\n".join(sections)


def parts_of(model: type[BaseModel], found: list[type[BaseModel]] | None = None) -> list[type[BaseModel]]:
    """The models inside a model, in the order of the fields, each once; blocks of steps are told elsewhere."""
    found = [] if found is None else found
    for name, field in model.model_fields.items():
        if _marked(field.metadata) or name == "fields":
            continue
        for part in _models_in(field.annotation):
            if part not in found and part is not model:
                found.append(part)
                parts_of(part, found)
    return found


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) is Annotated and _marked(get_args(annotation)[1:]):
        return []
    return [model for arg in get_args(annotation) for model in _models_in(arg)]


def fields_table(model: type[BaseModel]) -> str:
    """The fields of a model: the key as it is written, its type, its default, what it is for."""
    rows = [
        (code(key_of(name, field)), type_words(field), default_words(field), about(field))
        for name, field in model.model_fields.items()
        if name != "fields"
    ]
    described = any(row[3] for row in rows)
    heads = ("Key", "Type", "Default", "What it is")[: 4 if described else 3]
    return table(heads, [row[: len(heads)] for row in rows])


def key_of(name: str, field: FieldInfo) -> str:
    """The key that a file uses: the alias only where Python forbids the name."""
    return field.alias or name if name.endswith("_") else name


def environment_of(field: FieldInfo) -> list[str]:
    """Names of environment variables that a field's validation alias gives."""
    alias = field.validation_alias
    names = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return [name for name in names if isinstance(name, str) and name.isupper()]


def about(field: FieldInfo) -> str:
    return field.description or ""


def default_words(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default if field.default is not PydanticUndefined else field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        given = value.model_dump_json(exclude_defaults=True)
        return "its own defaults" if given == "{}" else code(given)
    if isinstance(value, timedelta):
        return code(duration_text(value))
    if isinstance(value, Enum):
        return code(value.value)
    if isinstance(value, tuple | list | set | frozenset):
        return codes(sorted(map(str, value)) if isinstance(value, set | frozenset) else value)
    return "" if value in (None, "", {}) else code(str(value).lower() if isinstance(value, bool) else value)


def type_words(field: FieldInfo) -> str:
    """The type of a field in words; marks of the language win over Python's types."""
    return _marked(field.metadata) or words(field.annotation)


def _marked(metadata: Iterable[Any]) -> str:
    metadata = list(metadata)
    for mark, word in MARKS:
        if any(isinstance(item, mark) for item in metadata):
            return word
    return "filled with `{{ }}`" if any(isinstance(item, FilledMark) for item in metadata) else ""


def words(annotation: Any) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _marked(args[1:]) or words(args[0])
    if origin in (Union, types.UnionType):
        return " or ".join(words(arg) for arg in args if arg is not type(None))
    if origin is Literal:
        return "one of " + codes(args)
    if origin in (tuple, list, frozenset, set):
        return f"list of {words(args[0])}" if args else "list"
    if isinstance(annotation, ForwardRef):
        return _spelt(annotation.__forward_arg__)
    if origin is dict or annotation is dict:
        return f"{words(args[1])} by name" if args and args[1] is not Any else "object"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "one of " + codes(member.value for member in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return code(annotation.__name__)
    return WORDS.get(annotation, getattr(annotation, "__name__", str(annotation)).lower())


def _spelt(name: str) -> str:
    """A forward reference's own spelling: JSON's aliases are the only ones that models use."""
    inner = name.removeprefix("list[").removesuffix("]")
    word = {"JsonObject": "object", "Json": "any value"}.get(inner, inner)
    return f"list of {word}" if name.startswith("list[") else word
