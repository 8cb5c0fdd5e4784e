"""Our records as the platform's own collections show them: camelCase, Timestamps, what is missing left out. Pure.

`playbooks_internal/{playbookId}`, `playbook_executions/{executionId}` and `notifications/{id}`. `lean` leaves out what
may be large or deep, and names it by its digest: a document holds at most 1 MiB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsbook.sdk.values import Json, JsonObject, digest

PLAYBOOKS, EXECUTIONS, NOTIFICATIONS = "playbooks_internal", "playbook_executions", "notifications"
STATUSES = {"succeeded": "completed", "waiting": "running"}  # the platform has other words for these states
STEP_STATUSES = {"parked": "running"}

Row = Mapping[str, Any]
Fields = dict[str, Any]


def playbook(row: Row, version: Row | None, *, lean: bool = False) -> Fields:
    """A playbook in its published version."""
    document: Mapping[str, Any] = version["document"] if version else {}
    schedules = [one["schedule"] for one in document.get("triggers") or () if one.get("schedule")]
    return _present(
        {
            "id": row["id"],
            "name": row["name"],
            "description": document.get("description"),
            "agent": document.get("agent"),
            "enabled": row["enabled"],
            "status": "active" if row["enabled"] else "disabled",
            "version": row["version"],
            "schedule": schedules[0].get("cron") if schedules else None,
            "timezone": schedules[0].get("timezone") if schedules else None,
            "definition": _or_digest(document or None, lean=lean),
            "createdAt": row["created_at"],
            "updatedAt": row["updated_at"],
        }
    )


def execution(row: Row, steps: Sequence[Row], version: Row | None, *, lean: bool = False) -> Fields:
    """A run, ended or not."""
    return _present(
        {
            "executionId": row["id"],
            "playbookId": row["playbook_id"],
            "playbookName": row["playbook_name"],
            "playbookVersion": row["version"],
            "definition": None if version is None else _or_digest(version["document"], lean=lean),
            "attempt": row.get("attempt"),
            "trigger": row["trigger"],
            "actor": row["actor"],
            "dryRun": row["dry_run"],
            "scheduledFor": row["as_of"],
            "timezone": row["timezone"],
            "status": STATUSES.get(row["state"], row["state"]),
            "success": row["state"] == "succeeded" if row["ended_at"] else None,
            "reason": row["reason"],
            "verdict": row["verdict"],
            "acceptedAt": row["accepted_at"],
            "startedAt": row["started_at"],
            "completedAt": row["ended_at"],
            "duration": row["duration_ms"],
            "stepsExecuted": row["steps_executed"],
            "results": _or_digest(row["results"], lean=lean),
            "conditions": row["conditions"],
            "criteria": row["criteria"],
            "alerts": _or_digest(row["alerts"], lean=lean),
            "error": row["error"],
            "steps": [_step(one, lean=lean) for one in steps],
        }
    )


def notification(row: Row, *, lean: bool = False) -> Fields:
    """A notification of the dashboard. `userId` is the person's name in our settings."""
    source: Mapping[str, Any] = row["source"] or {}
    return _present(
        {
            "userId": row["person"],
            "title": row["title"],
            "body": row["body"][:2000] if lean else row["body"],
            "severity": row["severity"],
            "source": _present(
                {
                    "playbookId": source.get("playbook_id"),
                    "executionId": source.get("run_id"),
                    "stepId": source.get("path"),
                }
            ),
            "createdAt": row["created_at"],
            "readAt": row["read_at"],
            "dedupeKey": row["dedup_key"],
        }
    )


def _step(row: Row, *, lean: bool) -> Fields:
    outcome: Mapping[str, Any] = row["outcome"] or {}
    cost: Mapping[str, Any] = outcome.get("cost") or {}
    return _present(
        {
            "id": row["step_id"],
            "path": row["path"],
            "type": row["type"],
            "name": row["name"],
            "status": STEP_STATUSES.get(row["status"], row["status"]),
            "reason": row["reason"],
            "startedAt": row["started_at"],
            "duration": row["duration_ms"],
            "attempts": row["attempts"],
            "error": row["error"],
            "cost": cost or None,
            "deliveries": None if lean else outcome.get("deliveries") or None,
        }
    )


def _or_digest(value: Json | Mapping[str, Any], *, lean: bool) -> Json | Mapping[str, Any] | JsonObject:
    """The value, or what can be compared with the record that holds it."""
    return {"sha256": digest(value)} if lean and value is not None else value


def _present(fields: Fields) -> Fields:
    """What is known; readers of the platform take a missing field and a null for the same."""
    return {name: value for name, value in fields.items() if value is not None}
