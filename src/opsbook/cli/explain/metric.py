"""Explain a metric: definition, query, figure, the rows behind it, and what was left out and why.

The metrics and their conditions stand in docs/reference/warehouse.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from opsbook.agents.wording import percent
from opsbook.app import App
from opsbook.cli._moments import moment
from opsbook.cli._opening import with_app
from opsbook.cli._printing import coloured, console, show, show_items
from opsbook.playbooks.fields import duration_text
from opsbook.playbooks.zones import zone as zone_named
from opsbook.sdk.errors import InvalidInput
from opsbook.warehouse.explanation import Explanation, explain

NEW_YORK = "America/New_York"  # whose local dates the suite's snapshots have


def run(
    name: Annotated[str, typer.Argument(help="signups, mrr_growth, churn_rate …")],
    at: Annotated[
        str | None, typer.Option(help="the end of the window, with its zone: 2026-11-24T08:00-05:00; default: now")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=366, help="its length; default: the metric's usual one")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, max=100_000, help="how many of the rows at most")] = 20,
    timezone: Annotated[str, typer.Option(help="whose local dates the snapshots have")] = NEW_YORK,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    end, zone = moment(at, "--at") if at is not None else None, _zone(timezone)

    async def found(app: App) -> Explanation:
        until = end or app.world.clock.now()
        return explain(app.warehouse, name, until, days=days, limit=limit, snapshots=app.snapshots, zone=zone)

    told = with_app(found)
    if as_json:
        show(told.as_json(), as_json=True)
        return
    _print(told)


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except ValueError as error:
        cure = "Write it like America/New_York."
        raise InvalidInput(f"{name} is no time zone.", field="--timezone", cure=cure) from error


def _print(told: Explanation) -> None:
    out, sheet = console(), told.sheet
    out.print(f"[bold]{coloured(sheet.title)}[/] ({sheet.name}, {coloured(sheet.unit)})")
    out.print(coloured(f"{sheet.definition[:1].upper()}{sheet.definition[1:]}."), soft_wrap=True)
    _print_figure(told)
    if told.baseline:
        how = "rebuilt from contracts" if told.baseline["reconstructed"] else f"taken {told.baseline['taken_at']}"
        out.print(f"Compared with the snapshot of {told.baseline['local_date']}, {how}.", markup=False)
    if told.recorded:
        _print_recorded(told, told.recorded)
    out.print("\n[bold]Query[/]")
    out.print(told.query, markup=False, soft_wrap=True)
    for key, value in told.parameters.items():
        out.print(f"  ${key} = {value}", markup=False, soft_wrap=True)
    if told.unreadable:
        out.print(f"\nThere are no rows to show: {told.unreadable}.", markup=False, soft_wrap=True)
        return
    out.print(f"\n[bold]Rows behind it[/]: {told.counted:,} counted, {sum(told.excluded.values()):,} left out")
    agrees = "as the figure says" if told.agrees else "which is NOT what the figure says"
    out.print(f"Made once more from the counted rows it is {told.recomputed}, {agrees}.", markup=False)
    columns = [key for key in (told.rows[0] if told.rows else {}) if key != "n"]
    show_items(told.rows, columns, as_json=False, title="Rows")
    excluded = [{"left out because": reason, "rows": f"{number:,}"} for reason, number in told.excluded.items()]
    show_items(excluded, ("left out because", "rows"), as_json=False, title="Left out")


def _print_figure(told: Explanation) -> None:
    out, figure, contract = console(), told.figure, told.contract
    if figure["status"] == "ok":
        out.print(f"[bold]{figure['value']}[/], resting on {figure['n']} {told.sheet.counts}")
    else:
        seen = f" (seen: {figure['observed']})" if "observed" in figure else ""
        out.print(f"[yellow]unknown[/]{seen}: {coloured(figure['reason'])}", soft_wrap=True)
    window: Any = figure["window"]
    period = f"from {window['start']} to {window['end']}" if window["start"] else f"at {window['end']}"
    share: Any = figure["completeness"]
    out.print(f"{period}; {'nothing' if share is None else percent(share)} could be read", markup=False)
    least = f"at least {contract.minimum_n} {told.sheet.counts}, " if contract.minimum_n else ""
    asks = f"{least}{percent(contract.minimum_completeness)} readable"
    asks += f", loaded within {duration_text(contract.fresh_within)}"
    why = f"; {told.sheet.why}" if told.sheet.why else ""
    out.print(f"It is judged with {asks}{why}.", markup=False, soft_wrap=True)


def _print_recorded(told: Explanation, kept: Mapping[str, Any]) -> None:
    says = kept["reason"] if kept["value"] is None else f"{kept['value']:g}"
    when = f"The snapshot of {kept['local_date']}, taken {kept['taken_at'][:16]}Z, says: {says}."
    console().print(when, markup=False, soft_wrap=True)
    if told.other_words:
        console().print("[yellow]It was counted by other definitions than those of now.[/]", soft_wrap=True)
    elif told.differs:
        other = "What is loaded now says something else: rows came later, or were changed since."
        console().print(f"[yellow]{other}[/]", soft_wrap=True)
