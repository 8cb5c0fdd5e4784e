"""Count the consumers by how often they ordered."""

from __future__ import annotations

from opsbook.cli._printing import show_items
from opsbook.cli.figures._asking import AsJson, AsOf, moment, opened, told_unknown
from opsbook.sdk.values import Unknown
from opsbook.warehouse.orders import consumers_by_orders


def run(as_of: AsOf = None, as_json: AsJson = False) -> None:
    found = consumers_by_orders(opened(), moment(as_of))
    if told_unknown(found, as_json=as_json) or isinstance(found, Unknown):
        return
    items = [{"orders": orders, "consumers": consumers} for orders, consumers in found.items()]
    show_items(items, ("orders", "consumers"), as_json=as_json, title="Consumers by orders")
