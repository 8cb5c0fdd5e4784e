"""Load a file into a table of the warehouse.

Rows replace stored ones with the same key. A row that cannot be kept is left out and named, the rest is loaded. Exits
with 1 when there were rows and none of them could be loaded: the table is then as it was before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from opsbook.cli._printing import console, show
from opsbook.settings import read_settings
from opsbook.warehouse import LoadReport, Warehouse
from opsbook.warehouse.mapping import parse_pairs

verb = typer.Typer()


@verb.command()
def run(
    table: Annotated[str, typer.Argument(help="organizations, users, orders …: see docs/reference/warehouse.md")],
    file: Annotated[str, typer.Argument(help="CSV, JSON Lines or Parquet; a pattern such as 'orders-*.csv' too")],
    pairs: Annotated[
        list[str] | None,
        typer.Option("--map", help="ours=theirs, ours=theirs:usd (or :not, :sha256), ours=@constant; repeatable"),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="drop the rows that the table had before")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    warehouse = Warehouse(read_settings().warehouse)
    report = warehouse.load(table, file, parse_pairs(pairs or ()), replace_all=replace)
    if as_json:
        show(report.as_json(), as_json=True)
    else:
        _tell(report)
    if report.useless:
        raise typer.Exit(1)


def _tell(report: LoadReport) -> None:
    says = console().print
    if report.unchanged:
        says(f"{report.table}: loaded already, nothing to do. Rows now: {report.total:,}.", markup=False)
        return
    counts = f"{report.table}: {report.loaded:,} of {report.rows:,} rows loaded, {report.rejected:,} rejected"
    if report.duplicates:
        counts += f", {report.duplicates:,} replaced by a later row with the same key"
    says(f"{counts}. Rows now: {report.total:,}.", markup=False)
    _list("Rejected", report.reasons)
    for one in report.first:
        says(f"  {one.file}, row {one.row}: {one.reason}", markup=False, soft_wrap=True)
    _list("Loaded, but nobody can read", report.unreadable)
    if report.quarantine:
        says(f"Every one of them: {report.quarantine}", markup=False, soft_wrap=True)
    if report.absent:
        says(f"Not in the file: {', '.join(report.absent)}.", markup=False, soft_wrap=True)
    if report.ignored:
        says(f"Not used: {', '.join(report.ignored)}.", markup=False, soft_wrap=True)


def _list(title: str, counts: Mapping[str, int]) -> None:
    if counts:
        listed = ", ".join(f"{what} ({number:,})" for what, number in counts.items())
        console().print(f"{title}: {listed}", markup=False, soft_wrap=True)
