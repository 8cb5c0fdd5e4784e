"""Cuts out of a document what is misshapen, so that the meaning of the rest can be checked in the same go.

Nothing moves: where an item of a list must go, something harmless stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.model import AlertRule, Criterion, Playbook, Step
from opsbook.playbooks.text.nodes import Node, Path, parse_path
from opsbook.playbooks.validate.annotations import model_at
from opsbook.playbooks.validate.shape import place_in
from opsbook.sdk.errors import Problem

MOST_ROUNDS = 6
_TOP = {"id": "unnamed_playbook", "name": "unnamed"}


class Cut:
    """`names` are those that the cut pieces might have given; they are not to be missed."""

    def __init__(self, root: Node, catalog: Catalog) -> None:
        self.root = root
        self.catalog = catalog
        self.names: set[str] = set()
        self.gone: set[Path] = set()

    def rest(self, document: dict[str, Any], problems: list[Problem]) -> Playbook | None:
        """What is left without these problems; None when too little is. Changes `document`."""
        places = [(parse_path(problem.path), problem.code == "missing_key") for problem in problems]
        for _ in range(MOST_ROUNDS):
            for path, missing in places:
                self._take_out(document, path[:-1] if missing and len(path) > 1 else path)
            try:
                return Playbook.model_validate(document, context={"catalog": self.catalog})
            except ValidationError as error:
                raws = error.errors(include_url=False, include_input=False)
                places = [place_in(self.root, raw["loc"], raw["type"]) for raw in raws]
        return None

    def covers(self, path: Path) -> bool:
        """Whether a place lies in something that was cut out."""
        return any(path[:length] in self.gone for length in range(1, len(path) + 1))

    def _take_out(self, document: dict[str, Any], path: Path) -> None:
        """Take out what stands at a path; what cannot be spared takes what is around it along."""
        if not path or self.covers(path[:-1]):
            return
        holder: Any = document
        for part in path[:-1]:
            holder = _under(holder, part)
        self.names.update(given_in(_under(holder, path[-1])))
        if path in self.gone:  # cut before, and still in the way
            self._take_out(document, path[:-1])
        elif len(path) == 1 and path[0] in _TOP:
            document[str(path[0])] = _TOP[str(path[0])]
        elif isinstance(holder, dict):
            holder.pop(path[-1], None)
            self.gone.add(path)
        elif isinstance(holder, list) and (stand_in := self._stand_in(path)):
            holder[int(path[-1])] = stand_in
            self.gone.add(path)
        else:
            self._take_out(document, path[:-1])

    def _stand_in(self, path: Path) -> dict[str, Any] | None:
        model = model_at(self.root, path, self.catalog)
        name = f"cut_{len(self.gone)}"
        if model is Step:
            return {"id": name, "type": "cut"}
        return {"id": name, "expr": "true"} if model in (Criterion, AlertRule) else None


def _under(holder: Any, part: str | int) -> Any:
    if isinstance(holder, dict):
        return holder.get(part)
    return holder[part] if isinstance(holder, list) and isinstance(part, int) and part < len(holder) else None


def given_in(value: Any) -> Iterator[str]:
    """Every name that a piece of a document might give, whatever its step type."""
    if isinstance(value, list):
        for item in value:
            yield from given_in(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in ("save_as", "sets", "as", "id") and isinstance(inner, str):
                yield inner
            elif key == "values" and isinstance(inner, dict):
                yield from inner
            yield from given_in(inner)
