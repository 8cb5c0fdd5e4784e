"""How a run ends: its state, what it is worth, and the row that says so. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsbook.playbooks.model import Playbook
from opsbook.runs.journal import Entry, Journal, StepStatus
from opsbook.runs.plan import Ended
from opsbook.runs.verdict import Judgement, overall
from opsbook.sdk.values import Json, JsonObject


def state_of(
    end: Ended, journal: Journal, inside: Sequence[Entry], stopped: str | None, unsettled: int
) -> tuple[str, str | None]:
    """(state, reason). `succeeded` only when every step completed or was skipped by a guard that could be read.

    `inside` is what ended in branches: what is doubtful there is doubtful in the run.
    """
    if stopped:
        return stopped, None
    if end.failed:
        failed = journal.get(end.failed)
        return "failed", f"{failed.step_id} failed" if failed else None
    entries = [*journal, *inside]
    reasons = []
    if unsettled:
        reasons.append(f"{unsettled} effect{'s' if unsettled > 1 else ''} nobody can vouch for")
    broken = [entry.step_id for entry in entries if entry.status is StepStatus.FAILED]
    if broken:
        reasons.append("failed and gone on: " + ", ".join(dict.fromkeys(broken)))
    unknown = [
        entry.step_id
        for entry in entries
        if (entry.status is StepStatus.SKIPPED or entry.block is None) and (entry.reason or "").startswith("unknown")
    ]
    if unknown:
        reasons.append("not known whether to take: " + ", ".join(dict.fromkeys(unknown)))
    return ("partial", "; ".join(reasons)) if reasons else ("succeeded", None)


def closing_row(
    playbook: Playbook,
    journal: Journal,
    inside: Sequence[Entry],
    end: Ended,
    state: str,
    reason: str | None,
    judgements: tuple[Judgement, ...],
    alerts: list[JsonObject],
) -> dict[str, Any]:
    """The run's columns that are known at its end; times are the caller's."""
    entries = list(journal)
    verdict = overall(judgements)
    failed = journal.get(end.failed) if state == "failed" and end.failed else None
    return {
        "state": state,
        "reason": reason,
        "verdict": verdict.value if verdict else None,
        "error": {**(failed.error or {}), "step": failed.step_id} if failed else None,
        "steps_executed": sum(e.status in (StepStatus.COMPLETED, StepStatus.FAILED) for e in entries),
        "results": _results(playbook, entries),
        "conditions": {name: _flag(value) for e in entries if e.type == "condition" for name, value in e.names.items()},
        "criteria": [judgement.as_json() for judgement in judgements],
        "alerts": alerts,
        "cost": _cost([*entries, *inside]),
    }


def _results(playbook: Playbook, entries: list[Any]) -> dict[str, Json]:
    saved = {step.save_as for _, step in playbook.every_step() if step.save_as}
    return {name: value for entry in entries for name, value in entry.names.items() if name in saved}


def _flag(value: Json) -> Json:
    return value if isinstance(value, bool) else "unknown"


def _cost(entries: list[Any]) -> dict[str, Json]:
    """What the steps' models cost together; which models they were is told at each step."""
    costs: list[Mapping[str, Any]] = [entry.cost for entry in entries if entry.cost]
    keys = {key for cost in costs for key, value in cost.items() if isinstance(value, int | float)}
    return {key: sum(cost.get(key) or 0 for cost in costs) for key in sorted(keys)}
