"""The shape of a document: keys, kinds of values, lengths. pydantic's errors, in our words and at their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from opsbook.playbooks import model as m
from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.text.nodes import Node, Path, find, nearest, path_text
from opsbook.playbooks.text.reader import MOST_PROBLEMS, shown
from opsbook.playbooks.validate.annotations import Role, keys, model_at, places, step_keys
from opsbook.playbooks.validate.nearest import Nearest
from opsbook.playbooks.validate.words import Said, cure_for, is_echo, said_of
from opsbook.sdk.errors import Problem

Loc = tuple[str | int, ...]


def shape_problems(error: ValidationError, root: Node, catalog: Catalog, near: Nearest) -> list[Problem]:
    """What is wrong with the shape. `path` is the place, or where a missing key should be."""
    found: dict[tuple[str, str], Problem] = {}
    for raw in _one_way_of_a_union(error.errors(include_url=False, include_input=False), root):
        path, missing = place_in(root, raw["loc"], raw["type"])
        node = nearest(root, path)
        if is_echo(raw, node):
            continue
        said = said_of(raw, node)
        cure = cure_for(raw, path) or said.cure
        if raw["type"] == "extra_forbidden":
            cure = near.cure(str(path[-1]), known_keys(root, path[:-1], catalog), "The keys here are")
        elif raw["type"] in ("literal_error", "enum") and isinstance(node.value, str):
            cure = near.cure(node.value, said.choices, "Write one of")
        problem = Problem(said.sentence, cure, path_text(path), code=_code(raw, path, said))
        found.setdefault((problem.path, problem.sentence if missing else ""), problem)
        if len(found) >= MOST_PROBLEMS:
            break
    return list(found.values())


def strictness_problems(playbook: m.Playbook, root: Node) -> Iterator[Problem]:
    """What the model would read kindly and a person may not have meant: `"yes"` for true, `"3"` for 3, `with_`."""
    yield from _strict(playbook, (), root)
    for path, step in _steps(playbook):
        yield from _strict(step, path, root)


def known_keys(root: Node, path: Path, catalog: Catalog) -> list[str]:
    """The keys that the object at a path may have."""
    found = model_at(root, path, catalog)
    if found is m.Step:
        kind = find(root, (*path, "type"))
        grammar = catalog.steps.get(str(kind.value)) if kind else None
        return step_keys(grammar)
    return list(keys(found)) if found else []


def _strict(model: BaseModel, path: Path, root: Node) -> Iterator[Problem]:
    own = find(root, path)
    for seen in places(model, path) if own else ():
        node = find(own, seen.path[len(path) :]) if own else None
        if node is None:
            continue
        if seen.role is Role.BOOL and not isinstance(node.value, bool):
            yield Problem(
                "This must be true or false.", "Write true or false.", path_text(seen.path), code="wrong_type"
            )
        elif seen.role is Role.NUMBER and (isinstance(node.value, bool) or not isinstance(node.value, int | float)):
            yield Problem("This must be a number.", "Write it without quotes.", path_text(seen.path), code="wrong_type")
        elif seen.role is Role.MODEL:
            yield from _own_names(seen.value, seen.path, node)


def _own_names(model: BaseModel, path: Path, node: Node) -> Iterator[Problem]:
    """Keys by the names that they have inside our code."""
    aliases = {name: key for key, name in keys(type(model)).items() if name != key}
    if isinstance(model, m.Step):
        aliases.update({name: key for key, name in keys(type(model.fields)).items() if name != key}, fields="")
    for key, _ in node.pairs:
        if key.value in aliases:
            meant = aliases[key.value]
            cure = f"Did you mean {meant}?" if meant else "A step's own keys stand beside `type`."
            yield Problem(
                f"There is no key {shown(key.value)} here.", cure, path_text((*path, key.value)), code="unknown_key"
            )


def _steps(playbook: m.Playbook) -> Iterator[tuple[Path, m.Step]]:
    for text, step in playbook.every_step():
        yield document_path(text), step


def document_path(text: str) -> Path:
    """A step's path in a run as the place in the document: an error's steps stand under `on_error: {steps: …}`."""
    parts: list[str | int] = []
    for part in text.split("/"):
        parts.append(int(part) if part.isdigit() else part)
        if part == "on_error":
            parts.append("steps")
    return tuple(parts)


def place_in(root: Node, loc: Loc, kind: str) -> tuple[Path, bool]:
    """The place in the document of an error's location, and whether its last key is one that is not there.

    A location also names the model's own joints: `fields`, the arm of a union, `[key]`.
    """
    path: list[str | int] = []
    node: Node | None = root
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        below = node.child(part) if node else None
        if below is not None and not (part == "fields" and not last):
            path.append(part)
            node = below
        elif last and kind == "missing":
            return (*path, part), True
        elif last and kind == "extra_forbidden":
            path.append(part)
    return tuple(path), False


def _one_way_of_a_union(errors: list[Any], root: Node) -> Iterator[Any]:
    """Of the arms of a union, the errors of the one that fits the value's kind: an object's, or the others'."""
    for raw in errors:
        arm = next((i for i, part in enumerate(raw["loc"]) if part == "OnErrorSteps"), None)
        literal = next((i for i, part in enumerate(raw["loc"]) if str(part).startswith("literal[")), None)
        at = arm if arm is not None else literal
        if at is not None:
            node = find(root, place_in(root, raw["loc"][:at], "")[0])
            if node is not None and (node.kind == "map") != (arm is not None):
                continue
        yield raw


def _code(raw: Mapping[str, Any], path: Path, said: Said) -> str:
    if raw["type"] == "value_error":
        last = str(path[-1]) if path else ""
        by_key = {"cron": "bad_cron", "timezone": "bad_timezone"}
        if "duration" in said.sentence:
            return "bad_duration"
        return by_key.get(last, "wrong_value")
    return said.code
