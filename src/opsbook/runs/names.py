"""The names that a run's expressions can read, kept up to date as steps end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from opsbook.playbooks.model import Playbook
from opsbook.runs.journal import Entry, Journal, StepStatus, branch_of, enclosing, visible
from opsbook.runs.plan import Plan
from opsbook.sdk.values import Json, JsonObject, Unknown


def built_in(playbook: Playbook, run: Mapping[str, Any], people: Mapping[str, str]) -> JsonObject:
    """Names that every run has. Dates are local to the playbook's zone and belong to the *scheduled* time.

    `week_start` and `week_end` are Monday and Sunday of the ISO week that `as_of` lies in. `event` is what came with
    the event that started the run; of any other run it is unknown.
    """
    zone = ZoneInfo(run["timezone"])
    as_of: datetime = run["as_of"]
    local = as_of.astimezone(zone)
    event: Mapping[str, Any] = run.get("event") or {}
    monday = (local - timedelta(days=local.weekday())).date()
    return {
        "inputs": dict(run["inputs"]),
        "run": {"id": run["id"], "trigger": run["trigger"], "dry_run": run["dry_run"]},
        "playbook": {"id": playbook.id, "name": playbook.name, "version": run["version"]},
        "today": local.date().isoformat(),
        "date": local.date().isoformat(),
        "week_start": monday.isoformat(),
        "week_end": (monday + timedelta(days=6)).isoformat(),
        "week_number": local.isocalendar().week,
        "scheduled_for": local.isoformat(),
        "trigger": {"type": run["trigger"], "event": event.get("name"), "event_id": event.get("id")},
        "event": event["body"] if event else Unknown("no event started this run").as_json(),
        "people": dict(people),
    }


class Names:
    """A mapping for the expression language. What a step has not given yet, or will never give, reads as unknown."""

    def __init__(self, plan: Plan, base: Mapping[str, Json], journal: Journal, branch: str = "") -> None:
        self.branch = branch
        self.steps: dict[str, Json] = {
            step.id: Unknown(f"{step.id} has not run").as_json() for _, step in plan.playbook.every_step()
        }
        self.values: dict[str, Json] = {
            name: Unknown(f"{step_id}, which gives it, did not run").as_json()
            for name, step_id in plan.declared_names.items()
        }
        self.values.update(base)
        self.values["steps"] = self.steps
        self.own: Mapping[str, Json] = {}
        for entry in journal:
            self.add(entry)

    def lend(self, names: Mapping[str, Json]) -> None:
        """Names of a branch: they hide others."""
        self.own = {**self.own, **names}
        self.values.update(names)

    def add(self, entry: Entry) -> None:
        if not visible(entry.path, self.branch) or entry.status in (StepStatus.RUNNING, StepStatus.PARKED):
            return
        self.steps[entry.step_id] = seen(entry)
        self.values.update(entry.names)

    def of_branches(self, plan: Plan, journal: Journal, path: str) -> Names:
        """The names at a path that lies in branches, from the record: what they lend and what has ended in them."""
        inner = self
        for prefix, lent in enclosing(journal, path):
            inner = inner.inside(plan, prefix, lent)
            for entry in journal:
                if branch_of(entry.path) == prefix:
                    inner.add(entry)
        return inner

    def inside(self, plan: Plan, branch: str, names: Mapping[str, Json]) -> Names:
        """The names of a branch of this place: a copy, so that branches do not see each other."""
        inner = Names.__new__(Names)
        inner.branch = branch
        inner.steps = dict(self.steps)
        inner.values = {**self.values, "steps": inner.steps}
        inner.own = self.own
        inner.lend(names)
        return inner


def seen(entry: Entry) -> Json:
    """What `steps.<id>` reads: output, figures and status, or an unknown for a step that came to nothing."""
    if entry.status is StepStatus.COMPLETED:
        return {
            "output": entry.value,
            "figures": dict(entry.figures),
            "details": dict(entry.details),
            "status": entry.status.value,
            "duration_seconds": round(entry.duration_ms / 1000, 3),
            "started_at": entry.started_at.isoformat(),
            "ended_at": entry.ended_at.isoformat(),
        }
    why = entry.reason or (str((entry.error or {}).get("message")) if entry.error else "")
    return Unknown(f"{entry.step_id} was {entry.status.value}" + (f": {why}" if why else "")).as_json()
