"""Sort organisations, or consumers, into segments by how lately, often and much they ordered.

Whoever never purchased is a segment of its own.
"""

from __future__ import annotations

from opsbook.cli._printing import show_items
from opsbook.cli.figures._asking import AsJson, AsOf, in_words, moment, opened, told_unknown
from opsbook.cli.figures.alive import Of
from opsbook.sdk.values import Unknown
from opsbook.warehouse.alive import Whose
from opsbook.warehouse.retention import rfm


def run(whose: Of = Whose.ORGANIZATION, as_of: AsOf = None, as_json: AsJson = False) -> None:
    found = rfm(opened(), moment(as_of), whose)
    if told_unknown(found, as_json=as_json) or isinstance(found, Unknown):
        return
    items = found if as_json else [{name: in_words(value) for name, value in one.items()} for one in found]
    show_items(items, ("segment", "units", "orders", "total_cents"), as_json=as_json, title="Segments")
