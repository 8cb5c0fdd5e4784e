"""Count the organisations that stayed, by the month in which they came.

The first number is how many of a cohort were there at the end of its own month, the next at the end of the month after.
"""

from __future__ import annotations

from typing import Any

from opsbook.cli._printing import show_items
from opsbook.cli.figures._asking import AsJson, AsOf, in_words, moment, opened, told_unknown
from opsbook.sdk.values import Unknown
from opsbook.warehouse.retention import organization_cohorts


def run(as_of: AsOf = None, as_json: AsJson = False) -> None:
    found: Any = organization_cohorts(opened(), moment(as_of))
    if told_unknown(found, as_json=as_json) or isinstance(found, Unknown):
        return
    items = found if as_json else [{**one, "kept": " ".join(in_words(month) for month in one["kept"])} for one in found]
    show_items(items, ("cohort", "started", "kept"), as_json=as_json, title="Organisations by month")
