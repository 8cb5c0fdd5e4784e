"""Everything that is wrong with one document: its shape first, then its meaning, as far as the shape lets it be told.

What is misshapen is cut out and the rest is checked, so that a person sees all of it at once; names that the cut parts
might have given are not reported as missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.load.nodes import Node, Path, data, parse_path
from opsbook.playbooks.load.reader import MOST_PROBLEMS
from opsbook.playbooks.model import Playbook
from opsbook.playbooks.validate.given import given_problems
from opsbook.playbooks.validate.names import name_problems
from opsbook.playbooks.validate.nearest import Nearest
from opsbook.playbooks.validate.order import order_problems
from opsbook.playbooks.validate.reads import Reads
from opsbook.playbooks.validate.shape import shape_problems, strictness_problems
from opsbook.playbooks.validate.uses import use_problems
from opsbook.sdk.errors import Problem

MOST_CUTS = 6
_STAND_INS = {"id": "unnamed_playbook", "name": "unnamed"}


@dataclass(frozen=True)
class Checked:
    """What came of a document. `playbook` is None when its shape is wrong."""

    playbook: Playbook | None
    problems: list[Problem]


def check_document(root: Node, text: str, catalog: Catalog) -> Checked:
    """The playbook that the tree holds, and what is wrong with it. `text` is what the tree was read from."""
    if root.kind != "map":
        cure = "Begin with `id:`, `name:` and `steps:`."
        return Checked(None, [Problem("A playbook is an object of keys and values.", cure, code="wrong_type")])
    near = Nearest()
    document = data(root)
    try:
        playbook = Playbook.model_validate(document, context={"catalog": catalog})
    except ValidationError as error:
        problems = shape_problems(error, root, catalog, near)
        rest, forgiven = _cut(document, problems, catalog)
        if rest is not None:
            problems += _meaning(rest, root, text, catalog, near, forgiven)
        return Checked(None, problems)
    return Checked(playbook, _meaning(playbook, root, text, catalog, near, frozenset()))


def _meaning(
    playbook: Playbook, root: Node, text: str, catalog: Catalog, near: Nearest, forgiven: frozenset[str]
) -> list[Problem]:
    if any(step.type not in catalog.steps for _, step in playbook.every_step()):
        forgiven |= frozenset(_given(data(root)))  # the keys of a type that is not there cannot be told apart
    reads = Reads(root, text)
    checks = (
        strictness_problems(playbook, root),
        use_problems(playbook, root, catalog, near),
        given_problems(playbook),
        name_problems(playbook, reads, near, forgiven),
        order_problems(playbook, reads),
    )
    return [problem for check in checks for problem in islice(check, MOST_PROBLEMS)]


def _cut(document: dict[str, Any], problems: list[Problem], catalog: Catalog) -> tuple[Playbook | None, frozenset[str]]:
    """The document without what is misshapen, or None when too little is left; and the names that went with it."""
    forgiven: set[str] = set()
    places = [(parse_path(problem.path), problem.code == "missing_key") for problem in problems]
    for _ in range(MOST_CUTS):
        for path, missing in sorted(places, key=lambda place: _reversed(place[0]), reverse=True):
            forgiven.update(_take_out(document, path, missing=missing))
        try:
            return Playbook.model_validate(document, context={"catalog": catalog}), frozenset(forgiven)
        except ValidationError as error:
            places = list(_again(error))
    return None, frozenset(forgiven)


def _reversed(path: Path) -> tuple[tuple[int, str], ...]:
    """Sorts later items of a list before earlier ones, so that taking one out moves none that is still to go."""
    return tuple((part, "") if isinstance(part, int) else (-1, part) for part in path)


def _again(error: ValidationError) -> Iterator[tuple[Path, bool]]:
    for raw in error.errors(include_url=False, include_input=False):
        path = tuple(part for part in raw["loc"] if part not in ("fields", "OnErrorSteps") and "[" not in str(part))
        yield path, raw["type"] in ("missing", "too_short")


def _take_out(document: dict[str, Any], path: Path, *, missing: bool) -> Iterator[str]:
    """Take the value at a path out; where one is missing, the item of a list that lacks it. Yields the names lost."""
    if len(path) == 1 and path[0] in _STAND_INS:
        document[str(path[0])] = _STAND_INS[str(path[0])]
        return
    if missing:
        path = path[:-1]
        while path and not isinstance(path[-1], int):
            path = path[:-1]
    if not path:
        return
    holder: Any = document
    for part in path[:-1]:
        holder = _under(holder, part)
    gone = _under(holder, path[-1])
    if gone is not None:
        yield from _given(gone)
    if isinstance(holder, dict):
        holder.pop(path[-1], None)
    elif isinstance(holder, list) and isinstance(path[-1], int) and path[-1] < len(holder):
        holder.pop(path[-1])


def _under(holder: Any, part: str | int) -> Any:
    if isinstance(holder, dict):
        return holder.get(part)
    return holder[part] if isinstance(holder, list) and isinstance(part, int) and part < len(holder) else None


def _given(value: Any) -> Iterator[str]:
    """Every name that a piece of a document might give, whatever its step type."""
    if isinstance(value, list):
        for item in value:
            yield from _given(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in ("save_as", "sets", "as", "id") and isinstance(inner, str):
                yield inner
            elif key == "values" and isinstance(inner, dict):
                yield from inner
            yield from _given(inner)
