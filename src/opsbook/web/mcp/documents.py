"""The resources: every playbook's text, and the reports of a run."""

from __future__ import annotations

import asyncio
import re

from opsbook.sdk.errors import NotFound
from opsbook.settings.mcp import Right
from opsbook.web.mcp.asked import Asked
from opsbook.web.mcp.playbooks import one_of
from opsbook.web.mcp.runs import reports_of

PLAYBOOK = re.compile(r"opsbook://playbooks/([A-Za-z0-9_]{1,80})")
REPORT = re.compile(r"opsbook://runs/([A-Za-z0-9_]{1,80})/report")
YAML, MARKDOWN = "application/yaml", "text/markdown"
PLAYBOOK_TEMPLATE, REPORT_TEMPLATE = "opsbook://playbooks/{playbook_id}", "opsbook://runs/{run_id}/report"


def address(playbook_id: str) -> str:
    return PLAYBOOK_TEMPLATE.format(playbook_id=playbook_id)


async def read(asked: Asked, uri: str) -> tuple[str, str]:
    """The text of a resource, and its type. Raises `NotAllowed`, `NotFound`."""
    asked.caller.need(Right.READ, "Reading")
    if found := PLAYBOOK.fullmatch(uri):
        row = await asyncio.to_thread(one_of, asked, found[1])
        return row["text"], YAML
    if found := REPORT.fullmatch(uri):
        told = await asyncio.to_thread(reports_of, asked, found[1])
        return "\n\n---\n\n".join(report.markdown for report in told.reports), MARKDOWN
    cure = f"Resources are {PLAYBOOK_TEMPLATE} and {REPORT_TEMPLATE}."
    raise NotFound("There is no such resource.", cure=cure, code="no_resource")
