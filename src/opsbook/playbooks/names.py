"""The names that every run has, whatever its steps give."""

from __future__ import annotations

BUILT_IN = (
    "inputs",
    "steps",
    "run",
    "playbook",
    "today",
    "date",
    "week_start",
    "week_end",
    "week_number",
    "scheduled_for",
    "trigger",
    "event",
    "people",
)
FIELDS = {
    "run": ("id", "trigger", "dry_run"),
    "playbook": ("id", "name", "version"),
    "trigger": ("type", "event", "event_id"),
}
STEP_FIELDS = ("output", "figures", "details", "status", "duration_seconds", "started_at", "ended_at")
"""What `steps.<id>` has: the step's value, the figures beside it, what else its tool said, its state and its times."""
