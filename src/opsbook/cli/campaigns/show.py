"""Show one campaign: where it stands, and its letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import coloured, console, show, show_items

SHOWN = 20


def run(
    campaign_id: Annotated[str, typer.Argument(help="the campaign's id")],
    letters: Annotated[bool, typer.Option("--letters", help="print every letter whole")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> dict[str, Any]:
        campaign, sending = app.campaigns.get(campaign_id), await app.steering.progress(campaign_id)
        return {**campaign, "sending": sending, "performance": await app.steering.performance(campaign_id)}

    campaign = with_app(found)
    if as_json:
        show(campaign, as_json=True)
        return
    _print_standing(campaign)
    _print_letters(campaign["messages"], whole=letters)
    left_out = [
        {"organisation": one["organization_id"], "contact": one["contact_id"] or "", "because": one["reason"]}
        for one in campaign["exclusions"]
    ]
    show_items(left_out, ("organisation", "contact", "because"), as_json=False, title="Left out")


def _print_standing(campaign: Mapping[str, Any]) -> None:
    out, sending = console(), campaign["sending"]
    out.print(f"[bold]{coloured(campaign['name'])}[/] is {coloured(campaign['status'])}", markup=True)
    discount = campaign["discount"]
    out.print(f"{discount['percent']:g} % off until {discount['expires_on']}, by {campaign['channel']}", markup=False)
    for one in campaign["compliance"]["violations"]:
        out.print(f"[yellow]{coloured(one['severity'])}[/]: {coloured(one['message'])}", soft_wrap=True)
    if not sending:
        return
    states = ", ".join(f"{number:,} {state}" for state, number in sorted(sending["letters"].items()))
    out.print(f"letters: {states or 'none has been touched'}", markup=False)
    _print_performance(campaign["performance"])
    for name in ("started_at", "finished_at", "due_at"):
        if sending[name] and not (name == "due_at" and sending["finished_at"]):
            out.print(f"{name.replace('_at', '')} {sending[name]}", markup=False)
    if sending["note"]:
        out.print(sending["note"]["message"], markup=False, soft_wrap=True)


def _print_performance(performance: Mapping[str, Any]) -> None:
    """The figures that providers told, then once for each reason what nobody knows."""
    figures = {name: one for name, one in performance.items() if isinstance(one, dict) and "status" in one}
    known = [f"{one['value']:,} {name}" for name, one in figures.items() if one["status"] == "ok"]
    if known:
        of = next(one["of"] for one in figures.values() if one["status"] == "ok")
        console().print(f"told by providers of {of:,} letters: {', '.join(known)}", markup=False, soft_wrap=True)
    for reason in dict.fromkeys(one["reason"] for one in figures.values() if one["status"] != "ok"):
        names = ", ".join(name for name, one in figures.items() if one.get("reason") == reason)
        console().print(f"{names}: unknown. {reason}", markup=False, soft_wrap=True)


def _print_letters(letters: list[Mapping[str, Any]], *, whole: bool) -> None:
    if whole:
        for one in letters:
            console().print(f"\n[bold]{coloured(one['recipient'])}[/] {coloured(one['subject'])}", soft_wrap=True)
            console().print(one["body"], markup=False, soft_wrap=True)
        return
    rows = [
        {
            "to": one["recipient"],
            "organisation": one["organization_name"],
            "because": one["reason"],
            "subject": one["subject"],
        }
        for one in letters[:SHOWN]
    ]
    show_items(rows, ("to", "organisation", "because", "subject"), as_json=False, title="Letters")
    if len(letters) > SHOWN:
        console().print(f"{len(letters) - SHOWN:,} more: --letters prints all of them.", markup=False)
