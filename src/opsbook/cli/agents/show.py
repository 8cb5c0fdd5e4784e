"""Show one agent: what it may do, its limits, and the words it works by."""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.agents.roster import Agent
from opsbook.agents.spending import MICROS, dollars
from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import coloured, console, show
from opsbook.cli.agents.list_ import told


def run(
    agent_id: Annotated[str, typer.Argument(help="the agent's id")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> tuple[Agent, str]:
        agent = app.desk.roster.get(agent_id)
        model = app.desk.models.name_of(agent.can.model_tier) if app.desk.models.configured else ""
        return agent, model

    agent, model = with_app(found)
    can, work = agent.can, agent.can.budget
    if as_json:
        show({"id": agent.id, **told(can), "model": model or None, "instructions": agent.instructions}, as_json=True)
        return
    money = "" if work.usd_per_task is None else f", {dollars(round(work.usd_per_task * MICROS))}"
    lines = (
        ("duties", "; ".join(can.duties)),
        ("tools", ", ".join(sorted(can.tools)) or "none"),
        ("delegates to", ", ".join(sorted(can.may_delegate_to)) or "nobody"),
        ("autonomy", can.autonomy.value),
        ("model", f"{model} (tier {can.model_tier})" if model else "none is configured: the renderer writes"),
        (
            "for one piece of work",
            f"{work.requests} requests, {work.tokens:,} tokens, {work.tool_calls} tool calls{money} at most",
        ),
    )
    out = console()
    out.print(f"[bold]{coloured(agent.id)}[/] {coloured(can.title)}\n")
    for label, text in lines:
        out.print(f"[dim]{label}:[/] {coloured(text)}")
    out.print(f"\n{coloured(agent.instructions)}")
