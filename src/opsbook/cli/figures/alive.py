"""Fit the model of who still orders, and print its parameters.

BG/NBD, in weeks. Unknown, with the reason, when the orders do not say enough.
"""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.cli._printing import show
from opsbook.cli.figures._asking import AsJson, AsOf, moment, opened, told_unknown
from opsbook.sdk.values import Unknown
from opsbook.warehouse.alive import Whose, fitted

Of = Annotated[Whose, typer.Option(help="whose orders are one history")]


def run(whose: Of = Whose.ORGANIZATION, as_of: AsOf = None, as_json: AsJson = False) -> None:
    found = fitted(opened(), moment(as_of), whose)
    if told_unknown(found, as_json=as_json) or isinstance(found, Unknown):
        return
    show(found.as_json(), as_json=as_json)
