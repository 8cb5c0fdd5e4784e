"""A tool's arguments as they stand in a document, against the tool's own model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from opsbook.playbooks.catalog import ToolEntry
from opsbook.playbooks.text.nodes import Node, Path, path_text
from opsbook.playbooks.text.reader import shown
from opsbook.playbooks.validate.nearest import Nearest
from opsbook.playbooks.validate.words import is_echo, said_of
from opsbook.sdk.errors import Problem

SYSTEMS = "integrations"  # the argument, of whichever tool, that names systems


def argument_problems(
    tool: ToolEntry, node: Node | None, path: Path, around: Node, systems: frozenset[str], near: Nearest
) -> Iterator[Problem]:
    """What is wrong with a tool's arguments; those that are filled in at run time are not judged.

    `systems` are the ids that the deployment has; none: they are not known, and not judged.
    """
    if node is not None and node.kind != "map":
        if not _filled(node) and (node.kind == "list" or node.value is not None):
            yield _problem("Arguments are an object of names and values.", "Write {name: value}.", path, "wrong_type")
        return
    if node is not None:
        yield from _systems(node, path, systems, near)
    given = _judged(node) if node else {}
    try:
        tool.args.model_validate(given)
    except ValidationError as error:
        known = list(tool.args.model_fields)
        raws = error.errors(include_url=False, include_input=False)
        found = [(raw, one) for raw in raws if (one := _argument(raw, tool, node, path, around, known, near))]
        yield from _one_of_each_union(found)


def _one_of_each_union(found: list[tuple[Any, Problem]]) -> Iterator[Problem]:
    """A value that fits no part of a union has an error for each: the ones that are about its inside, or its limits."""
    deepest = {problem.path: problem for raw, problem in found if not raw["type"].endswith("_type")}
    for _, problem in found:
        deepest.setdefault(problem.path, problem)
    for path, problem in deepest.items():
        if not any(other.startswith(f"{path}/") for other in deepest):
            yield problem


def _systems(node: Node, path: Path, systems: frozenset[str], near: Nearest) -> Iterator[Problem]:
    for name, value in node.children():
        if name != SYSTEMS or not systems:
            continue
        for index, item in value.children():
            if isinstance(item.value, str) and item.value not in systems and not _filled(item):
                cure = near.cure(item.value, systems, "Systems here")
                sentence = f"There is no integration {shown(item.value)}."
                yield _problem(sentence, cure, (*path, name, index), "unknown_integration")


def _argument(
    raw: Mapping[str, Any],
    tool: ToolEntry,
    node: Node | None,
    path: Path,
    around: Node,
    known: list[str],
    near: Nearest,
) -> Problem | None:
    inner, here = _inner_path(node, raw["loc"])
    name = str(raw["loc"][-1]) if raw["loc"] else ""
    if raw["type"] == "missing":
        if here is not None and (_has(here, name) or (here is not node and not here.pairs)):
            return None
        cure = f"Add `{_snake(name, known)}` under `with:`."
        return _problem(
            f"{tool.name} needs the argument {_snake(name, known)}.", cure, (*path, *inner), "missing_argument"
        )
    if raw["type"] == "extra_forbidden":
        cure = near.cure(name, known, f"{tool.name} takes")
        return _problem(f"{tool.name} has no argument {shown(name)}.", cure, (*path, *inner), "unknown_argument")
    if here is not None and is_echo(raw, here):
        return None
    if here is not None and _filled(here):
        return None  # some of it is filled in later, and is judged then
    said = said_of(raw, here or around)
    cure = near.cure(str(here.value), said.choices, "Write one of") if said.choices and here else said.cure
    return _problem(said.sentence, cure, (*path, *inner), "bad_argument")


def _inner_path(node: Node | None, loc: tuple[str | int, ...]) -> tuple[Path, Node | None]:
    """The part of an error's location that stands in the document: names may be camelCase, unions add names."""
    path: list[str | int] = []
    for part in loc:
        below = node.child(part) if node else None
        if below is None and node is not None and isinstance(part, str):
            twin = next((str(k.value) for k, _ in node.pairs if _plain(str(k.value)) == _plain(part)), None)
            part, below = (twin, node.child(twin)) if twin else (part, None)
        if below is not None:
            path.append(part)
            node = below
    return tuple(path), node


def _has(node: Node, name: str) -> bool:
    return any(_plain(str(key.value)) == _plain(name) for key, _ in node.pairs)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _snake(name: str, known: list[str]) -> str:
    return next((one for one in known if _plain(one) == _plain(name)), name)


def _judged(node: Node) -> Any:
    """The value without what is filled in at run time: such a text, and a list that holds one, is left out."""
    if node.kind == "map":
        return {key.value: _judged(value) for key, value in node.pairs if not _late(value)}
    if node.kind == "list":
        return [_judged(item) for item in node.items]
    return node.value


def _late(node: Node) -> bool:
    return _filled(node) if node.kind != "map" else False


def _filled(node: Node) -> bool:
    if node.kind == "scalar":
        return isinstance(node.value, str) and ("{{" in node.value or "{%" in node.value)
    return any(_filled(inner) for _, inner in node.children())


def _problem(sentence: str, cure: str, path: Path, code: str) -> Problem:
    return Problem(sentence, cure, path_text(path), code=code)
