"""What a figure of the warehouse rests on, as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.agents.wording import percent
from opsbook.cli._printing import coloured, console, show_items
from opsbook.playbooks.fields import duration_text
from opsbook.warehouse.explanation import Explanation


def print_explanation(told: Explanation) -> None:
    """The definition, the figure with its conditions, the query, the first rows, and what was left out."""
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
