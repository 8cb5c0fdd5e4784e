"""Reads playbooks that were written for something else. One file a dialect, found by its name.

`a` is the operational JSON of the earlier system, `own` is our own text. An import is inert: it executes nothing,
fetches nothing, and is always `enabled: false`. What cannot be understood is kept, switched off and told. To add a
dialect, write `importers/<name>.py` with a `DIALECT`; nothing else names it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.format import format_playbook
from opsbook.playbooks.importers._contract import Dialect
from opsbook.playbooks.importers._found import dialects
from opsbook.playbooks.importers._mend import mended
from opsbook.playbooks.importers._notes import Notes
from opsbook.playbooks.load import check_playbook, plain_document
from opsbook.playbooks.text.nodes import Node, nearest, parse_path, place_of
from opsbook.playbooks.text.reader import read
from opsbook.sdk.errors import InvalidDefinition, InvalidInput, Problem

__all__ = ["Imported", "import_text"]


@dataclass(frozen=True)
class Imported:
    """`text` is our YAML, valid and disabled. `warnings` say what was assumed, changed or switched off, in the order
    of the imported document."""

    text: str
    dialect: str
    warnings: tuple[Problem, ...]


def import_text(text: str, catalog: Catalog, dialect: str | None = None, file: str | None = None) -> Imported:
    """A playbook in our own dialect, from a text in another one; without `dialect` it is recognised.

    Raises:
        InvalidInput: there is no such dialect, or none recognises the document.
        InvalidDefinition: the text cannot be read, or what came out is no playbook even with steps switched off.
    """
    document = plain_document(text, file)
    root, _ = read(text, file)
    name, chosen = _chosen(document, dialect)
    if chosen.keeps_text:
        notes = Notes()
        kept = chosen.convert_text(text, catalog, notes, file)
        return Imported(kept, name, notes.placed(root, file))
    notes = Notes()
    converted = chosen.convert(document, catalog, notes)
    converted["enabled"] = False
    converted = mended(converted, catalog, notes)
    written = format_playbook(json.dumps(converted, ensure_ascii=False), catalog)
    playbook, problems = check_playbook(written, catalog)
    if playbook is None:
        raise InvalidDefinition(
            "The document cannot be imported.", problems=[_imported(problem, root, file) for problem in problems]
        )
    return Imported(written, name, notes.placed(root, file))


def _chosen(document: dict[str, object], dialect: str | None) -> tuple[str, Dialect]:
    known = dialects()
    if dialect is not None:
        found = known.get(dialect.lower())
        if found is None:
            raise InvalidInput(
                f"There is no dialect {dialect}.", field="dialect", cure=f"There are: {', '.join(sorted(known))}."
            )
        return dialect.lower(), found
    for name, found in sorted(known.items()):
        if found.recognises(document):
            return name, found
    raise InvalidInput(
        "No dialect recognises this document.",
        field="file",
        cure=f"Name one with --dialect: {', '.join(sorted(known))}.",
    )


def _imported(problem: Problem, root: Node | None, file: str | None) -> Problem:
    """A problem of the result, at the nearest place of the source: its own places are not the reader's."""
    place = place_of(nearest(root, parse_path(problem.path)), file) if root else None
    return replace(problem, place=place)
