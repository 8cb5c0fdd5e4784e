"""A run on the command line: its exit code, its record for programs, and what people read of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.app import App
from opsbook.cli._printing import coloured, console, show_items
from opsbook.cli._progress import lasted
from opsbook.inbox.approval_views import brief as brief_approval
from opsbook.runs.operations import record_of, step_of
from opsbook.sdk.values import JsonObject, plain

NOT_MET_CODE = 4
EXIT_CODES = {
    "succeeded": 0,
    "skipped": 0,
    "failed": 1,
    "partial": 1,  # something was not done: a script must not take it for done
    "waiting": 5,
    "timed_out": 6,
    "cancelled": 7,
}


def exit_code(run: dict[str, Any], *, strict: bool) -> int:
    """0 when the run did its job. With `strict` also its criteria must be met; what is unknown is not met."""
    code = EXIT_CODES.get(run["state"], 0)
    if code == 0 and strict and run["verdict"] in ("not_met", "unknown"):
        return NOT_MET_CODE
    return code


def record(app: App, run_id: str) -> JsonObject:
    """Everything that is known of a run. Raises `NotFound`."""
    row = app.operations.get(run_id)
    found = record_of(row, app.records.runs.steps(run_id), app.records.effects.of_run(run_id))
    awaited = app.approvals.rows.of_run(run_id) if row["state"] == "waiting" else []
    return {**found, "awaits": plain([brief_approval(one) for one in awaited])} if awaited else found


def brief(row: dict[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any]:
    """A run as lists show it: its columns, and each step's status, times and attempts without its value."""
    hidden = ("results", "inputs")
    shown = (
        "id",
        "path",
        "type",
        "name",
        "status",
        "reason",
        "started_at",
        "ended_at",
        "duration_ms",
        "attempts",
        "error",
    )
    told = [{key: value for key, value in step_of(step).items() if key in shown} for step in steps]
    rest = {key: value for key, value in row.items() if key not in hidden}
    return {**rest, "success": row["state"] == "succeeded", "steps": told}


def print_end(run: JsonObject) -> None:
    """What came of it: state and verdict, the criteria, the alerts, what was sent to whom, and where more stands."""
    print_head(run)
    print_outcome(run)
    awaited: Any = run.get("awaits") or []
    for one in awaited:
        console().print(f"It waits for a decision until {coloured(one['deadline'])}: {coloured(one['title'])}")
        console().print(f"  opsbook approvals show {one['id']}\n  opsbook approve {one['id']}")
    console().print(f"[dim]opsbook runs show {run['id']}[/]")


def print_head(run: JsonObject) -> None:
    """State, time and verdict on one line; below it why, where there is a reason."""
    words = [f"[bold]{coloured(run['playbook_name'])}[/] {coloured(run['state'])}"]
    if run.get("duration_ms") is not None:
        words.append(f"in {lasted(run['duration_ms'])}")  # type: ignore[arg-type]
    if run.get("dry_run"):
        words.append("as a dry run")
    verdict = f"· verdict {coloured(run['verdict'])}" if run["verdict"] else ""
    console().print(" ".join((*words, verdict)).rstrip())
    error: Any = run.get("error") or {}
    for why in (run.get("reason"), error.get("message")):
        if why:
            console().print(f"  {coloured(why)}")


def print_outcome(run: JsonObject) -> None:
    """The criteria, the alerts and the deliveries, as far as there are any."""
    criteria: Any = run.get("criteria") or []
    if criteria:
        console().print()
        show_items(criteria, ("verdict", "name", "reason"), as_json=False, title="Criteria")
    alerts: Any = run.get("alerts") or []
    if alerts:
        console().print()
        show_items(alerts, ("state", "severity", "message", "rule", "reason"), as_json=False, title="Alerts")
    effects: Any = run.get("effects") or []
    if effects:
        columns = ("state", "channel", "subject", "recipient", "by")
        under = {"recipient": "subject", "by": "subject"}
        told = [{**one, "by": by_whom(one)} for one in effects if "taken_over_by" not in one]
        console().print()
        show_items(told, columns, as_json=False, title="Deliveries", under=under)


def by_whom(effect: Mapping[str, Any]) -> str | None:
    """Who carried a message that was refused elsewhere first, and who refused it why; None for any other one."""
    refused = [f"{one['connector']} refused it ({one['error']})" for one in effect.get("failed_over_from") or ()]
    return f"{effect['connector']}, after {', '.join(refused)}" if refused else None


def print_steps(run: JsonObject) -> None:
    """The steps in document order, as a table."""
    steps: Any = run["steps"]
    told = [
        {
            **step,
            "took": lasted(step["duration_ms"]),
            "id": "  " * (step["path"].count("/") // 2) + step["id"],
            "attempts": step["attempts"] if step["attempts"] > 1 else None,
            "why": _why(step),
        }
        for step in steps
    ]
    console().print()
    show_items(told, ("status", "id", "type", "took", "attempts", "why"), as_json=False, title="Steps")


def _why(step: dict[str, Any]) -> str | None:
    """What there is to say of a step: its error, the reason that it was skipped, what its tools warned of."""
    error = step.get("error") or {}
    reason = "its guard said no" if step.get("reason") == "guard" else step.get("reason")
    return " ".join(filter(None, (error.get("message"), reason, *(step.get("warnings") or ())))) or None
