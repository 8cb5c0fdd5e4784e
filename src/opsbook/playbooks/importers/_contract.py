"""What a dialect is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.importers._notes import Notes


class Dialect(ABC):
    """One way in which playbooks were written. `keeps_text`: it is a text of ours, whose comments stay."""

    keeps_text = False

    @abstractmethod
    def recognises(self, document: dict[str, Any]) -> bool:
        """Whether a document is written in this dialect, judged by its keys."""

    @abstractmethod
    def convert(self, document: dict[str, Any], catalog: Catalog, notes: Notes) -> dict[str, Any]:
        """The document in our own keys, as plain JSON. What is assumed is noted, nothing is raised."""

    def convert_text(self, text: str, catalog: Catalog, notes: Notes, file: str | None) -> str:
        """For a dialect that keeps the text: our canonical text."""
        raise TypeError(f"{type(self).__name__} does not keep texts")
