"""What models have cost, beside estimate and budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from opsbook.agents.spending import MICROS, dollars
from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import console, show_items
from opsbook.playbooks.model import Playbook, Policy
from opsbook.sdk.values import Json, JsonObject

COLUMNS = (
    "playbook",
    "month",
    "model",
    "runs",
    "requests",
    "tokens in",
    "tokens out",
    "cost",
    "a run",
    "estimate",
    "budget",
)

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
    """Rows of `ModelRequests.costs` with money in US dollars, and beside it what the playbook says; null: nothing.

    `usd_per_run` is the measured cost of one run, null while an answer's price is unknown; `estimate_usd` and
    `estimate_usd_per_run` are what its author expects for a month and for a run, `budget_usd` what a month may cost.
    """
    rows = app.desk.models.meter.requests.costs(month, playbook_id)
    return [_told(row, _policy(app, row["playbook_id"])) for row in rows]


def _told(row: Mapping[str, Any], policy: Policy) -> JsonObject:
    kept = ("playbook_id", "month", "model", "runs", "requests", "input_tokens", "output_tokens", "unknown")
    money = {"usd": row["micros"] / MICROS, "pending_usd": row["pending_micros"] / MICROS}
    each = None if row["unknown"] else round(row["micros"] / MICROS / row["runs"], 6)
    said = {
        "usd_per_run": each,
        "estimate_usd": policy.estimate.usd_per_month,
        "estimate_usd_per_run": policy.estimate.usd_per_run,
        "budget_usd": policy.budget.usd_per_month,
    }
    return {**{name: row[name] for name in kept}, **money, **said}


def _policy(app: App, playbook_id: str) -> Policy:
    """The policy of the version that is published; an empty one where there is none."""
    row = app.records.playbooks.get(playbook_id)
    version = row and app.records.playbooks.version(playbook_id, row["version"])
    if not version:
        return Policy()
    return Playbook.model_validate(version["document"], context={"catalog": app.catalog}).policy


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
        "a run": "unknown" if row["usd_per_run"] is None else _money(row["usd_per_run"]),
        "estimate": _estimate(row),
        "budget": None if budget is None else _money(budget),
    }


def _estimate(row: JsonObject) -> str:
    """What was expected, for a month and for a run, as far as somebody said."""
    parts = (("estimate_usd", "a month"), ("estimate_usd_per_run", "a run"))
    said = [f"{_money(row[name])} {word}" for name, word in parts if row[name] is not None]
    return ", ".join(said) or "unknown"


def _money(usd: Json) -> str:
    return dollars(round(float(str(usd)) * MICROS))
