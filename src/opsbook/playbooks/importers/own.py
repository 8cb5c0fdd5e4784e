"""Our own dialect: the text is formatted and disabled, its comments stay."""

from __future__ import annotations

from typing import Any

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.format import format_playbook
from opsbook.playbooks.importers._contract import Dialect
from opsbook.playbooks.importers._notes import Notes
from opsbook.playbooks.text.reader import read

FOREIGN = frozenset({"cronExpression", "triggerEvents", "schedule", "orgId"})


class Own(Dialect):
    keeps_text = True

    def recognises(self, document: dict[str, Any]) -> bool:
        return "steps" in document and not FOREIGN & document.keys()

    def convert(self, document: dict[str, Any], catalog: Catalog, notes: Notes) -> dict[str, Any]:
        return {**document, "enabled": False}

    def convert_text(self, text: str, catalog: Catalog, notes: Notes, file: str | None) -> str:
        formatted = format_playbook(text, catalog, file)
        root, _ = read(formatted)
        enabled = root.child("enabled") if root else None
        if enabled is not None and enabled.value is False:
            return formatted
        notes.warn("enabled", "The playbook was enabled; an import never is.", "Enable it after a dry run.", "disabled")
        if enabled is None:
            return format_playbook(f"enabled: false\n{formatted}", catalog, file)
        return formatted[: enabled.start] + "false" + formatted[enabled.end :]


DIALECT = Own()
