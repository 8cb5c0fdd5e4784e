"""Count the consumers whose last order is older than some days.

Whole days, strictly more.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from opsbook.cli._printing import show_items
from opsbook.cli.figures._asking import AsJson, AsOf, moment, opened, told_unknown
from opsbook.sdk.values import Unknown
from opsbook.warehouse.orders import consumers_by_silence

USUAL = (7, 30, 60, 90, 180)


def run(
    as_of: AsOf = None,
    days: Annotated[list[int] | None, typer.Option(min=0, max=36_500, help="repeatable; 7 30 60 90 180")] = None,
    as_json: AsJson = False,
) -> None:
    found = consumers_by_silence(opened(), moment(as_of), days or USUAL)
    if told_unknown(found, as_json=as_json) or isinstance(found, Unknown):
        return
    items = [asdict(one) for one in found]
    show_items(items, ("days", "silent", "consumers"), as_json=as_json, title="Consumers by silence")
