"""What the store says: whether it can be written, which playbooks do not hold, which occurrences nobody ran."""

from __future__ import annotations

from datetime import datetime, timedelta

from opsbook.app import App
from opsbook.cli._jobs import SCHEDULER, plan_of
from opsbook.cli.doctor._finding import Finding
from opsbook.playbooks.model import Playbook
from opsbook.records.run_pages import RunPages
from opsbook.records.unreachable import UNREACHABLE, ask_to_write
from opsbook.runs.schedule import SlotState, occurrences
from opsbook.runs.standing import Standing
from opsbook.sdk.errors import InvalidDefinition, InvalidInput

LOOK_BACK = timedelta(days=8)
GRACE = timedelta(minutes=10)


def look(app: App) -> list[Finding]:
    return [_store(app), *_playbooks(app), *_missed(app), _effects(app), _systems(app), *_jobs(app)]


def _store(app: App) -> Finding:
    where = str(app.store.file) if app.store.embedded else app.store.url.render_as_string(hide_password=True)
    try:
        ask_to_write(app.store)
    except UNREACHABLE as error:
        told = str(getattr(error, "orig", None) or error)
        return Finding("store", "bad", f"{where} cannot be written: {told}", "Check its owner, its mode and the disk.")
    return Finding("store", "ok", where)


def _playbooks(app: App) -> list[Finding]:
    """Those that do not hold against this deployment, and those whose last occurrence nobody ran."""
    rows = app.records.playbooks.all()
    if not rows:
        return [Finding("playbooks", "note", "none is published", "`opsbook seed` publishes the suite.")]
    standing = Standing(app.records.playbooks, app.catalog)
    found, now = [], app.world.clock.now()
    for row in rows:
        try:
            playbook = standing.read(row)
        except InvalidDefinition as error:
            told = "; ".join(str(problem) for problem in error.problems[:3])
            found.append(Finding(f"playbook {row['id']}", "bad", told or error.sentence, error.cure))
            continue
        overdue = _overdue(app, playbook, row["enabled_at"], now) if row["enabled"] else None
        if overdue:
            cure = "Is a server up? `opsbook schedule slots` shows what became of each occurrence."
            found.append(
                Finding(f"playbook {row['id']}", "note", f"no run since it was due at {overdue:%F %H:%M}Z", cure)
            )
    good = len(rows) - sum(finding.state == "bad" for finding in found)
    return [Finding("playbooks", "ok", f"{good} of {len(rows)} are valid"), *found]


def _overdue(app: App, playbook: Playbook, enabled_at: datetime, now: datetime) -> datetime | None:
    """When the playbook was last due, if no run of it was accepted since."""
    since = max(enabled_at, now - LOOK_BACK)
    due = [
        slot.due_at
        for trigger in playbook.triggers
        if trigger.schedule
        for slot in occurrences(trigger.schedule, since, now - GRACE)
    ]
    if not due:
        return None
    last = RunPages(app.store).page({"playbook_id": playbook.id}, 1)
    return max(due) if not last or last[0]["accepted_at"] < max(due) else None


def _missed(app: App) -> list[Finding]:
    since = app.world.clock.now() - LOOK_BACK
    rows = [row for row in app.slots.latest(limit=500) if row["state"] == SlotState.MISSED and row["due_at"] >= since]
    if not rows:
        return [Finding("slots", "ok", f"none was missed in {LOOK_BACK.days} days")]
    names = ", ".join(sorted({row["playbook_id"] for row in rows}))
    cure = "`opsbook schedule slots` shows them with their reasons."
    return [Finding("slots", "note", f"{len(rows)} missed in {LOOK_BACK.days} days: {names}", cure)]


def _effects(app: App) -> Finding:
    uncertain = app.records.effects.in_state(("uncertain",))
    if not uncertain:
        return Finding("effects", "ok", "none is uncertain")
    cure = "Look at the other side, then `opsbook runs settle KEY done|failed --reason …`."
    return Finding("effects", "note", f"{len(uncertain)} uncertain, in {uncertain[0]['run_id']} first", cure)


def _systems(app: App) -> Finding:
    configured = sorted(name for name, system in app.integrations.items() if system.configured)
    told = f"{len(configured)} of {len(app.integrations)} configured"
    return Finding("systems", "ok" if configured else "note", ": ".join(filter(None, (told, ", ".join(configured)))))


def _jobs(app: App) -> list[Finding]:
    """Whether the scheduler's jobs could be told from what is set here. Nobody is asked."""
    if not app.integrations[SCHEDULER].configured:
        return []
    try:
        plan = plan_of(app)
    except InvalidInput as error:
        return [Finding("scheduler's jobs", "note", error.sentence, error.cure)]
    cure = "`opsbook probe cloud_scheduler` says whether they stand."
    found = [Finding("scheduler's jobs", "ok", f"{len(plan.jobs)} are wanted", cure)]
    return found + [Finding("scheduler's jobs", "note", line) for line in plan.without]
