"""Compare what the model foretold at a moment with what came until another.

The model is fitted on the orders before the first moment only. Brier scores are lower, areas higher where it is better.
"""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.cli._printing import show
from opsbook.cli.figures._asking import AsJson, moment, opened, told_unknown
from opsbook.cli.figures.alive import Of
from opsbook.sdk.values import Unknown
from opsbook.warehouse.alive import Whose
from opsbook.warehouse.calibration import calibration

RULE_DAYS = (7,)


def run(
    split: Annotated[str, typer.Argument(help="fit on the orders before it, such as 2026-05-01")],
    end: Annotated[str, typer.Argument(help="compare with the orders from then to before this")],
    whose: Of = Whose.ORGANIZATION,
    days: Annotated[list[int] | None, typer.Option(min=0, max=36_500, help="a rule to compare with; 7")] = None,
    as_json: AsJson = False,
) -> None:
    found = calibration(opened(), moment(split, "SPLIT"), moment(end, "END"), whose, days or RULE_DAYS)
    if told_unknown(found, as_json=as_json) or isinstance(found, Unknown):
        return
    show(found.as_json(), as_json=as_json)
