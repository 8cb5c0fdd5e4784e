"""Count the consumers who came back, by the month of their first order.

The first number of a cohort is all of it, the next how many of it ordered in the month after, and so on.
"""

from __future__ import annotations

from opsbook.cli._printing import show_items
from opsbook.cli.figures._asking import AsJson, AsOf, moment, opened, told_unknown
from opsbook.sdk.values import Unknown
from opsbook.warehouse.orders import consumer_cohorts


def run(as_of: AsOf = None, as_json: AsJson = False) -> None:
    found = consumer_cohorts(opened(), moment(as_of))
    if told_unknown(found, as_json=as_json) or isinstance(found, Unknown):
        return
    items = [{"cohort": month, "consumers": counts if as_json else _row(counts)} for month, counts in found.items()]
    show_items(items, ("cohort", "consumers"), as_json=as_json, title="Consumers by month")


def _row(counts: list[int]) -> str:
    return " ".join(str(count) for count in counts)
