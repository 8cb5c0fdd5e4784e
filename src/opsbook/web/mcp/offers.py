"""The tools that other agents can call: what each is called, which right it takes, what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from opsbook.settings.mcp import Right
from opsbook.web.mcp import playbooks, runs
from opsbook.web.mcp.asked import Asked

Work = Callable[[Asked, Any], Awaitable[BaseModel]]


@dataclass(frozen=True)
class Offer:
    """One tool. `acts`: it may reach people or change records, when the playbook does."""

    name: str
    right: Right
    summary: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    work: Work
    acts: bool = False


_ALL = (
    Offer(
        "list_playbooks",
        Right.READ,
        "The playbooks that you can see: what each is for, its inputs, when it is due by itself.",
        playbooks.Nothing,
        playbooks.PlaybookList,
        playbooks.listed,
    ),
    Offer(
        "describe_playbook",
        Right.READ,
        "One playbook: its steps, criteria and alert rules, and its text as it was published.",
        playbooks.OnePlaybook,
        playbooks.PlaybookTold,
        playbooks.described,
    ),
    Offer(
        "dry_run_playbook",
        Right.DRY_RUN,
        "Run a playbook without effects: it reads for real and says what it would have sent and changed.",
        runs.RunWanted,
        runs.RunTold,
        runs.tried,
    ),
    Offer(
        "run_playbook",
        Right.RUN,
        "Run a playbook. It may reach people and change records. The same idempotency_key is the same run for ever.",
        runs.RunWanted,
        runs.RunTold,
        runs.started,
        acts=True,
    ),
    Offer(
        "run_status",
        Right.READ,
        "How a run stands: its state, verdict, steps, criteria, alerts, and how many messages went out.",
        runs.OneRun,
        runs.RunTold,
        runs.status,
    ),
    Offer(
        "list_runs",
        Right.READ,
        "Runs of the playbooks that you can see, newest first.",
        runs.RunsWanted,
        runs.RunList,
        runs.listed,
    ),
    Offer(
        "run_report",
        Right.READ,
        "What a run wrote: its reports as Markdown. Every figure in them comes from what the run measured.",
        runs.OneRun,
        runs.ReportTold,
        runs.report,
    ),
)
OFFERS: Mapping[str, Offer] = {offer.name: offer for offer in _ALL}
