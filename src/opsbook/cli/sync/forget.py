"""Give up a source that is no longer read into the warehouse.

A table is as old as the oldest of its sources, and figures from old tables are unknown. The rows of the source stay; a
later sync of it goes on where the last one stood, and counts again.
"""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.cli._opening import deployment, usable
from opsbook.cli._printing import console, show
from opsbook.sdk.errors import NotFound
from opsbook.warehouse import Warehouse


def run(
    source: Annotated[str, typer.Argument(help="such as hubspot, or sql/shop for a declared database")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    settings = deployment().settings
    usable(settings)
    warehouse = Warehouse(settings.warehouse)
    if source not in (known := warehouse.sources()):
        there = f"There are: {', '.join(known)}." if known else "Nothing was synced yet."
        raise NotFound(f"No table is kept up with a source {source}.", cure=there)
    tables = warehouse.forget(source)
    if as_json:
        show({"source": source, "tables": list(tables)}, as_json=True)
    else:
        console().print(f"{source} is given up; its rows stay in {', '.join(tables)}.", markup=False)
