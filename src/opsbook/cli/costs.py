"""What models have cost, beside the budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from opsbook.agents.spending import MICROS, dollars
from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import console, show_items
from opsbook.playbooks.model import Budget, Playbook
from opsbook.sdk.values import JsonObject

COLUMNS = ("playbook", "month", "model", "runs", "requests", "tokens in", "tokens out", "cost", "budget")

verb = typer.Typer()


@verb.command()
def costs(
    month: Annotated[str | None, typer.Option(help="only this month of the runs' scheduled times, as 2026-11")] = None,
    playbook_id: Annotated[str | None, typer.Option("--playbook", help="only this playbook")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> list[JsonObject]:
        return told(app, month, playbook_id)

    rows = with_app(found)
    if as_json:
        show_items(rows, (), as_json=True)
        return
    show_items([_line(row) for row in rows], COLUMNS, as_json=False, title="Costs")
    if open_ended := sum(int(str(row["unknown"])) for row in rows):
        cure = "name their models' prices under [model_prices]."
        console().print(f"What {open_ended} of the requests cost nobody knows: {cure}", markup=False, soft_wrap=True)


def told(app: App, month: str | None, playbook_id: str | None) -> list[JsonObject]:
    """Rows of `ModelRequests.costs` with money in US dollars and `budget_usd`, the playbook's for a month, or null."""
    rows = app.desk.models.meter.requests.costs(month, playbook_id)
    return [_told(row, _budget(app, row["playbook_id"])) for row in rows]


def _told(row: Mapping[str, Any], budget: float | None) -> JsonObject:
    kept = ("playbook_id", "month", "model", "runs", "requests", "input_tokens", "output_tokens", "unknown")
    money = {"usd": row["micros"] / MICROS, "pending_usd": row["pending_micros"] / MICROS, "budget_usd": budget}
    return {**{name: row[name] for name in kept}, **money}


def _budget(app: App, playbook_id: str) -> float | None:
    row = app.records.playbooks.get(playbook_id)
    version = row and app.records.playbooks.version(playbook_id, row["version"])
    return _policy(app, version["document"]).usd_per_month if version else None


def _policy(app: App, document: Any) -> Budget:
    return Playbook.model_validate(document, context={"catalog": app.catalog}).policy.budget


def _line(row: JsonObject) -> dict[str, object]:
    budget, pending = row["budget_usd"], float(str(row["pending_usd"]))
    cost = dollars(round(float(str(row["usd"])) * MICROS))
    if pending:
        cost += f" + {dollars(round(pending * MICROS))} without an answer"
    if row["unknown"]:
        cost += f" + {row['unknown']} unknown"
    return {
        "playbook": row["playbook_id"],
        "month": row["month"],
        "model": row["model"],
        "runs": row["runs"],
        "requests": row["requests"],
        "tokens in": f"{row['input_tokens']:,}",
        "tokens out": f"{row['output_tokens']:,}",
        "cost": cost,
        "budget": None if budget is None else dollars(round(float(str(budget)) * MICROS)),
    }
