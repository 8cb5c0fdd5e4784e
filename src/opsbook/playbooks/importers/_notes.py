"""What an import assumed, changed or switched off."""

from __future__ import annotations

from dataclasses import replace

from opsbook.playbooks.text.nodes import Node, nearest, parse_path, place_of
from opsbook.sdk.errors import Problem


class Notes:
    """Collects warnings; `path` is the place in the imported document."""

    def __init__(self) -> None:
        self.warnings: list[Problem] = []

    def warn(self, path: str, sentence: str, cure: str = "", code: str = "imported") -> None:
        self.warnings.append(Problem(sentence, cure, path, code=code, severity="warning"))

    def placed(self, root: Node | None, file: str | None) -> tuple[Problem, ...]:
        """The warnings with their places, in document order."""
        if root is None:
            return tuple(self.warnings)
        found = [replace(one, place=place_of(nearest(root, parse_path(one.path)), file)) for one in self.warnings]
        return tuple(sorted(found, key=lambda one: (one.place.line, one.place.column) if one.place else (0, 0)))
