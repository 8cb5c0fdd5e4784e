"""The page of agents: who works in a run, and what each may do."""

from __future__ import annotations

from opsbook.agents.roster import Agent, FrontMatter, load_roster
from opsbook.cli.reference._markdown import code, codes, fields_and_parts

INTRODUCTION = """# Agents

Each agent is one Markdown file. What is not listed is denied. A deployment's own folder (`roster` in the settings)
adds agents or replaces some of these. With no model key and no budget left, the deterministic renderer writes the
same sections and says so.
"""


def page() -> str:
    agents = load_roster().agents.values()
    return "\n".join([INTRODUCTION, *map(_section, agents), "## Front matter\n", fields_and_parts(FrontMatter, 3)])


def _section(agent: Agent) -> str:
    can = agent.can
    lines = [
        f"## {code(agent.id)}: {can.title}\n",
        f"* Duties: {'; '.join(can.duties)}.",
        f"* Tools: {codes(sorted(can.tools)) or 'none'}.",
        f"* Delegates to: {codes(sorted(can.may_delegate_to)) or 'nobody'}.",
        f"* Model tier {code(can.model_tier)}, autonomy {code(can.autonomy.value)}.",
        f"* For one piece of work at most {can.budget.requests} requests, {can.budget.tokens} tokens, "
        f"{can.budget.tool_calls} tool calls by the model and {can.budget.usd_per_task} US dollars.",
    ]
    return "\n".join(lines) + "\n"
