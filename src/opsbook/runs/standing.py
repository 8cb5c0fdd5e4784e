"""The published version of a playbook as it stands: ready to run, or refused with every reason."""

from __future__ import annotations

import json
from dataclasses import replace

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.load import load_playbook
from opsbook.playbooks.model import Playbook
from opsbook.records.playbooks import Playbooks
from opsbook.records.rows import Row
from opsbook.sdk.errors import InvalidDefinition, NotAllowed, NotFound

MOST_KEPT = 1000


class Standing:
    """Reads playbooks from the record and checks them against this deployment's catalog, each version once."""

    def __init__(self, playbooks: Playbooks, catalog: Catalog) -> None:
        self.playbooks = playbooks
        self.catalog = catalog
        self._read: dict[tuple[str, int], Playbook] = {}

    def get(self, playbook_id: str, *, enabled_only: bool = True) -> Playbook:
        """The playbook that a run would take now.

        Raises:
            NotFound: there is none of this id.
            NotAllowed: it is disabled; not raised without `enabled_only`.
            InvalidDefinition: what is stored does not hold against this deployment; `problems` says why.
        """
        row = self.playbooks.get(playbook_id)
        if row is None:
            raise NotFound(f"There is no playbook {playbook_id}.", cure="`opsbook list` shows those there are.")
        if enabled_only and not row["enabled"]:
            raise NotAllowed(
                f"{playbook_id} is disabled.", cure=f"`opsbook enable {playbook_id}` lets it run.", code="disabled"
            )
        key = (playbook_id, row["version"])  # a version is never written twice
        if key not in self._read:
            if len(self._read) >= MOST_KEPT:
                self._read.clear()
            version = self.playbooks.version(*key)
            if version is None:
                raise InvalidDefinition(f"Version {row['version']} of {playbook_id} is not in the store.")
            self._read[key] = self.read(version)
        return self._read[key]

    def read(self, version: Row) -> Playbook:
        """A stored version's `document` as a playbook. Raises `InvalidDefinition`."""
        text = json.dumps(version["document"], ensure_ascii=False)
        try:
            return load_playbook(text, self.catalog)
        except InvalidDefinition as error:
            problems = [replace(problem, place=None) for problem in error.problems]  # nobody wrote this very text
            raise InvalidDefinition(
                "The stored playbook is not valid here; nothing was executed.",
                problems=problems,
                cure="Publish a version that is.",
            ) from error
