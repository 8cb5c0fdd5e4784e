"""Which tools an agent of dialect A is asked through: the earlier system let it decide by itself, from chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.playbooks.catalog import Catalog

WORDS = {  # what a task speaks of, for agents with several tools; the first that is found wins
    "createReengagementCampaign": ("campaign", "reengage", "re-engage", "win back", "winback"),
    "getOrderHistorySummary": ("order",),
    "findInactiveOrganizations": ("inactive", "silent"),
    "getAtRiskOrganizations": ("risk", "churn"),
    "getErrorLogs": ("error log",),
}
TOGETHER = {"getIntegrationLogs": "logs", "getIntegrationStatus": "status", "checkCredentials": "credentials"}
OFFLINE = '{{{{ {name}.filter(s => s.status === "offline").map(s => s.id) }}}}'


def tools_for(agent: str, task: str, saved: Mapping[str, str], catalog: Catalog) -> list[dict[str, Any]]:
    """The uses of tools of one assignment. `saved` maps names to the tools that answered them.

    An agent that investigates asks all of `TOGETHER` that it has, about the systems that are offline.
    """
    entry = catalog.agents[agent]
    spoken = task.lower()
    named = [tool for tool in sorted(entry.tools) if tool.lower() in spoken]
    if named:
        return [_use(tool, saved, catalog) for tool in named]
    together = [tool for tool in TOGETHER if tool in entry.tools]
    if len(together) > 1 and "getSystemHealth" not in entry.tools:
        return [{**_use(tool, saved, catalog), "as": TOGETHER[tool]} for tool in together]
    for tool, words in WORDS.items():
        if tool in entry.tools and any(word in spoken for word in words):
            return [_use(tool, saved, catalog)]
    return [_use(entry.answers_with, saved, catalog)] if entry.answers_with else []


def _use(tool: str, saved: Mapping[str, str], catalog: Catalog) -> dict[str, Any]:
    """The tool with what earlier steps found for it: a campaign's audience, the systems that are offline."""
    fields = catalog.tools[tool].args.model_fields
    status = next((name for name, asked in saved.items() if asked == "getIntegrationStatus"), None)
    audience = next((name for name, asked in saved.items() if asked == "findInactiveOrganizations"), None)
    if "audience" in fields and audience:
        return {"tool": tool, "with": {"audience": f"{{{{ {audience} }}}}"}}
    if "integrations" in fields and status:
        return {"tool": tool, "with": {"integrations": OFFLINE.format(name=status)}}
    return {"tool": tool}
