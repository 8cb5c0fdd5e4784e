"""Read declared queries of a database into the warehouse: everything at first, then what has changed.

They are declared in the settings, below [sources.<name>]. Safe to repeat, and to break off: the next call goes on
where this one stood. Exits with 1 when a query had rows and none of them could be loaded.
"""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.cli._opening import deployment, usable
from opsbook.cli.sync._telling import bar, tell
from opsbook.sdk.errors import InvalidInput
from opsbook.settings import Settings
from opsbook.warehouse import Warehouse
from opsbook.warehouse.sources._synced import Synced
from opsbook.warehouse.sources.sql.declared import Query, Source, declared, nearest
from opsbook.warehouse.sources.sql.sync import sync


def run(
    name: Annotated[str | None, typer.Argument(help="a database of the settings; all of them without it")] = None,
    tables: Annotated[
        list[str] | None,
        typer.Option("--tables", help="only these queries or tables; with commas, or repeated"),
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="read every row again")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    settings = deployment().settings
    usable(settings)
    wanted = [word for one in tables or () for word in one.split(",") if word]
    chosen = _chosen(settings, name, wanted)
    warehouse = Warehouse(settings.warehouse)
    found: list[Synced] = []
    with bar([one.name for _, queries in chosen for one in queries], quiet=as_json) as told:
        for source, queries in chosen:
            found += sync(source, warehouse, queries, whole=whole, on_page=told)
    return tell(found, "queries", as_json=as_json)


def _chosen(settings: Settings, name: str | None, tables: list[str]) -> list[tuple[Source, tuple[Query, ...]]]:
    """What to read. Raises `InvalidInput` for a database or a table that is none, with the nearest."""
    sources = declared(settings.sources)
    known = [one.name for one in sources]
    if name is not None and name not in known:
        cure = nearest(name, known) if known else "Declare it below [sources.<name>] of the settings."
        raise InvalidInput(f"The settings declare no database {name}.", field="name", cure=cure, code="no_source")
    if not sources:
        cure = "Declare one below [sources.<name>] of the settings."
        raise InvalidInput("The settings declare no database.", field="sources", cure=cure, code="no_source")
    one_of = [one for one in sources if name in (None, one.name)]
    if tables and len(one_of) > 1:
        raise InvalidInput("Tables are those of one database.", field="tables", cure=f"Name it: {', '.join(known)}.")
    return [(one, one.chosen(tables)) for one in one_of]
