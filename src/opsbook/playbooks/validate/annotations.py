"""What each place of a checked document is, told by the annotations of the model and of the step types' grammars.

Nothing here knows a step type: a field that is marked as an expression, a filled text, a duration or a tool's name is
found wherever a grammar puts it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.fields import (
    AgentMark,
    BlockMark,
    ChannelMark,
    ConditionMark,
    ExpressionMark,
    FilledMark,
    NameMark,
    ToolMark,
    parse_duration,
)
from opsbook.playbooks.model import Playbook, Step
from opsbook.playbooks.text.nodes import Node, Path, PathPart


class Role(StrEnum):
    """What stands at a place."""

    MODEL = "model"  # an object with keys of its own
    EXPRESSION = "expression"
    CONDITION = "condition"
    FILLED = "filled"  # text, or values that hold texts, in which {{ }} is filled in
    DURATION = "duration"
    TOOL = "tool"
    AGENT = "agent"
    CHANNEL = "channel"
    NAME = "name"  # given by an earlier step
    BOOL = "bool"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Seen:
    """One place: `value` is the model's. `owner` is the object that it is a key of."""

    path: Path
    role: Role
    value: Any
    owner: BaseModel | None


Visit = Callable[[Any, Path, BaseModel | None], Iterator[Seen]]


def places(model: BaseModel, path: Path = ()) -> Iterator[Seen]:
    """Every place of a model that has a role, in the model's order, without the steps of its blocks.

    Where a step's keys are concerned, those of its type follow those that all steps share.
    """
    yield Seen(path, Role.MODEL, model, None)
    for name, key, visit in _fields(type(model)):
        yield from visit(getattr(model, name), (*path, key), model)
    if isinstance(model, Step):
        for seen in places(model.fields, path):
            if seen.path != path:
                yield seen


@cache
def keys(model: type[BaseModel]) -> Mapping[str, str]:
    """The keys of a document for a model, and the model's own names of them, in its order."""
    return {field.alias or name: name for name, field in model.model_fields.items() if not _is_inner(model, name)}


def step_keys(grammar: type[BaseModel] | None) -> list[str]:
    """The keys of a step in their canonical order: what it is, what it does, what it gives, its steps."""
    shared = keys(Step)
    first = [key for key in ("id", "type", "name", "agent", "when") if key in shared]
    last = [key for key in shared if key not in first]
    own = keys(grammar) if grammar else {}
    inner = [key for key, name in own.items() if grammar and holds_steps(grammar, name)]
    between = [*(key for key in own if key not in inner), *(key for key in last if key != "on_error")]
    return [*first, *between, *inner, "on_error"]


def model_at(root: Node, path: Path, catalog: Catalog) -> type[BaseModel] | None:
    """The model of the object at a path of a document that need not be valid; None where there is none."""
    at: Any = Playbook
    node: Node | None = root
    for part in path:
        at = _below(at, part, node, catalog)
        node = node.child(part) if node else None
    return next((arm for arm in _arms(at) if _is_model(arm)), None)


def _below(annotation: Any, part: PathPart, node: Node | None, catalog: Catalog) -> Any:
    """The annotation of what is under a key or an index."""
    for arm in _arms(annotation):
        if isinstance(part, int) and get_origin(arm) in (tuple, list):
            return get_args(arm)[0]
        if get_origin(arm) is dict:
            return get_args(arm)[1]
        if _is_model(arm):
            kind = node.child("type") if node and arm is Step else None
            grammar = catalog.steps.get(str(kind.value)) if kind else None
            for model in (arm, grammar):
                if model is not None and part in keys(model):
                    return _hints(model)[keys(model)[str(part)]]
    return None


def _arms(annotation: Any) -> list[Any]:
    """The annotation without its marks; a union's parts one by one."""
    if get_origin(annotation) is Annotated:
        return _arms(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [arm for part in get_args(annotation) for arm in _arms(part)]
    return [annotation]


def _is_model(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, BaseModel)


def holds_steps(model: type[BaseModel], name: str) -> bool:
    """Whether a field is a list of steps, or has some further down."""
    return _holds(_hints(model)[name])


def _holds(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        return any(isinstance(mark, BlockMark) for mark in marks) or _holds(inner)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation is Step or any(_holds(hint) for hint in _hints(annotation).values())
    return any(_holds(argument) for argument in get_args(annotation))


@cache
def _hints(model: type[BaseModel]) -> dict[str, Any]:
    """Each field's annotation with its marks, which pydantic keeps apart."""
    return {
        name: Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        for name, field in model.model_fields.items()
    }


def _is_inner(model: type[BaseModel], name: str) -> bool:
    return model is Step and name == "fields"


@cache
def _fields(model: type[BaseModel]) -> tuple[tuple[str, str, Visit], ...]:
    found = []
    for key, name in keys(model).items():
        visit = _visit(_hints(model)[name])
        if visit is not None:
            found.append((name, key, visit))
    return tuple(found)


def _visit(annotation: Any, marks: tuple[Any, ...] = ()) -> Visit | None:
    """How a value of this annotation is visited; None when nothing in it has a role."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _visit(inner, (*marks, *more))
    role = next((role for mark in marks if (role := _role_of(mark))), None)
    if role is not None:
        return _leaf(role)
    if any(isinstance(mark, BlockMark) for mark in marks):
        return None
    if origin in (Union, types.UnionType):
        return _any_of([visit for part in get_args(annotation) if (visit := _visit(part))])
    if origin in (tuple, list):
        inner_visit = _visit(get_args(annotation)[0])
        return _each(inner_visit) if inner_visit else None
    if origin in (dict, Mapping):
        inner_visit = _visit(get_args(annotation)[1])
        return _each_value(inner_visit) if inner_visit else None
    if isinstance(annotation, type):
        return _visit_class(annotation)
    return None


def _visit_class(found: type[Any]) -> Visit | None:
    if found is Step:
        return None
    if issubclass(found, BaseModel):
        return lambda value, path, owner: places(value, path) if isinstance(value, BaseModel) else iter(())
    if found is bool:
        return _leaf(Role.BOOL)
    return _leaf(Role.NUMBER) if found in (int, float) else None


def _role_of(mark: Any) -> Role | None:
    pairs = (
        (ConditionMark, Role.CONDITION),
        (ExpressionMark, Role.EXPRESSION),
        (FilledMark, Role.FILLED),
        (ToolMark, Role.TOOL),
        (AgentMark, Role.AGENT),
        (ChannelMark, Role.CHANNEL),
        (NameMark, Role.NAME),
    )
    if isinstance(mark, BeforeValidator) and mark.func is parse_duration:
        return Role.DURATION
    return next((role for kind, role in pairs if isinstance(mark, kind)), None)


def _leaf(role: Role) -> Visit:
    def visit(value: Any, path: Path, owner: BaseModel | None) -> Iterator[Seen]:
        if value is not None:
            yield Seen(path, role, value, owner)

    return visit


def _any_of(visits: list[Visit]) -> Visit | None:
    """A union: the first part that has something to say about the value."""

    def visit(value: Any, path: Path, owner: BaseModel | None) -> Iterator[Seen]:
        for one in visits:
            found = list(one(value, path, owner))
            if found:
                yield from found
                return

    return visit if visits else None


def _each(inner: Visit) -> Visit:
    def visit(value: Any, path: Path, owner: BaseModel | None) -> Iterator[Seen]:
        if isinstance(value, tuple | list):
            for index, item in enumerate(value):
                yield from inner(item, (*path, index), owner)

    return visit


def _each_value(inner: Visit) -> Visit:
    def visit(value: Any, path: Path, owner: BaseModel | None) -> Iterator[Seen]:
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield from inner(item, (*path, key), owner)

    return visit
