"""Runs: starting one with or without effects, how it stands, what it wrote."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from opsbook.records.rows import Row
from opsbook.records.run_pages import RunPages
from opsbook.runs.acceptance import Request
from opsbook.runs.operations import step_of
from opsbook.runs.segment import OVER
from opsbook.sdk.errors import NotFound
from opsbook.sdk.values import plain
from opsbook.web.bodies import ID, known_id
from opsbook.web.mcp.asked import Asked
from opsbook.web.mcp.following import followed
from opsbook.web.mcp.playbooks import Takes

MOST_STEPS = 200
MOST_RUNS = 50
MOST_LOOKED_THROUGH = 1000
PAGE = 200
REPORTS = "synthesize"  # the type of step that writes


class RunWanted(Takes):
    playbook_id: str = Field(description="its id, from list_playbooks")
    inputs: dict[str, Any] = Field(default_factory=dict, description="its inputs, see describe_playbook")
    idempotency_key: str | None = Field(
        default=None, min_length=1, max_length=200, description="the same key is the same run for ever"
    )
    wait_seconds: float = Field(default=45, ge=0, le=600, description="how long to wait for its end; the run goes on")


class OneRun(Takes):
    run_id: str = Field(description="its id, from run_playbook or list_runs")


class RunsWanted(Takes):
    playbook_id: str | None = Field(default=None, description="only runs of this playbook")
    state: str | None = Field(default=None, description="only runs in this state", pattern=r"^[a-z_]{1,20}$")
    limit: int = Field(default=20, ge=1, le=MOST_RUNS)
    cursor: str | None = Field(default=None, description="the last page's next_cursor", pattern=r"^run_[0-9a-f]{1,64}$")


class RunBrief(BaseModel):
    id: str
    playbook_id: str
    playbook_name: str
    version: int
    state: str = Field(description="queued, running, waiting; or how it ended: succeeded, partial, failed and so on")
    verdict: str | None = Field(description="of the playbook's own criteria: met, warn, not_met, unknown")
    over: bool
    dry_run: bool
    actor: str
    accepted_at: datetime
    ended_at: datetime | None
    duration_ms: float | None
    reason: str | None
    error: dict[str, Any] | None


class RunList(BaseModel):
    items: list[RunBrief]
    next_cursor: str | None


class StepTold(BaseModel):
    path: str
    id: str
    type: str
    status: str
    attempts: int
    duration_ms: float | None
    reason: str | None
    error: dict[str, Any] | None


class Deliveries(BaseModel):
    channel: str
    state: str = Field(description="what became of them; in a dry run, what would have been sent")
    count: int


class RunTold(RunBrief):
    duplicate: bool = Field(default=False, description="an earlier request with the same key had started it")
    steps: list[StepTold]
    steps_left_out: int
    criteria: list[dict[str, Any]]
    alerts: list[dict[str, Any]]
    deliveries: list[Deliveries] = Field(description="messages by channel and state; to whom is not told here")


class Report(BaseModel):
    step_id: str
    name: str
    markdown: str


class ReportTold(BaseModel):
    run_id: str
    playbook_id: str
    state: str
    verdict: str | None
    reports: list[Report]


async def tried(asked: Asked, wanted: RunWanted) -> RunTold:
    return await _run(asked, wanted, dry_run=True)


async def started(asked: Asked, wanted: RunWanted) -> RunTold:
    return await _run(asked, wanted, dry_run=False)


async def _run(asked: Asked, wanted: RunWanted, *, dry_run: bool) -> RunTold:
    """Accept the run and follow it for a while. When this answers it is on disk, whatever becomes of the caller."""
    asked.caller.need_playbook(known_id(wanted.playbook_id, "playbook"))
    await asyncio.to_thread(asked.house.standing.get, wanted.playbook_id, enabled_only=not dry_run)
    request = Request(
        wanted.playbook_id,
        trigger="api",
        actor=asked.caller.actor,
        inputs=wanted.inputs,
        dedup_key=_dedup_key(asked.caller.name, wanted.idempotency_key),
        dry_run=dry_run,
    )
    accepted = await asked.app.operations.start(request)
    row = accepted.run
    if row["state"] not in OVER:
        asked.carrier.carry(row["id"])
        row = await followed(asked, row["id"], wanted.wait_seconds)
    return await asyncio.to_thread(_told, asked, row, duplicate=not accepted.fresh)


async def status(asked: Asked, wanted: OneRun) -> RunTold:
    return await asyncio.to_thread(lambda: _told(asked, run_of(asked, wanted.run_id)))


async def listed(asked: Asked, wanted: RunsWanted) -> RunList:
    return await asyncio.to_thread(_listed, asked, wanted)


async def report(asked: Asked, wanted: OneRun) -> ReportTold:
    """Raises `NotFound` (`no_report`) for a run that has written none."""
    return await asyncio.to_thread(reports_of, asked, wanted.run_id)


def reports_of(asked: Asked, run_id: str) -> ReportTold:
    row = run_of(asked, run_id)
    steps = asked.app.records.runs.steps(run_id)
    found = [
        Report(step_id=step["step_id"], name=step["name"], markdown=step["outcome"]["value"])
        for step in steps
        if step["type"] == REPORTS and step["status"] == "completed" and isinstance(step["outcome"]["value"], str)
    ]
    if not found:
        why = "It has not come to that." if row["state"] not in OVER else "run_status shows what it did."
        raise NotFound(f"The run {run_id} wrote no report.", cure=why, code="no_report")
    told = {key: row[key] for key in ("playbook_id", "state", "verdict")}
    return ReportTold(run_id=run_id, reports=found, **told)


def run_of(asked: Asked, run_id: str) -> Row:
    """One run's row. Raises `NotFound`, also for a run of a playbook that the caller does not see."""
    row = asked.app.records.runs.get(run_id) if ID.fullmatch(run_id) else None
    if row is None or not asked.caller.sees(row["playbook_id"]):
        raise NotFound("There is no such run.", cure="list_runs shows those that you can see.")
    return row


def _listed(asked: Asked, wanted: RunsWanted) -> RunList:
    if wanted.playbook_id is not None:
        asked.caller.need_playbook(known_id(wanted.playbook_id, "playbook"))
    asked_for = {"playbook_id": wanted.playbook_id, "state": wanted.state}
    where = {name: value for name, value in asked_for.items() if value is not None}
    pages, cursor = RunPages(asked.app.store), wanted.cursor
    found: list[Row] = []
    for _ in range(MOST_LOOKED_THROUGH // PAGE):
        rows = pages.page(where, PAGE, cursor)
        for row in rows:
            cursor = row["id"]
            if asked.caller.sees(row["playbook_id"]):
                found.append(row)
            if len(found) == wanted.limit:
                return RunList(items=[RunBrief(**_brief(row)) for row in found], next_cursor=cursor)
        if len(rows) < PAGE:
            return RunList(items=[RunBrief(**_brief(row)) for row in found], next_cursor=None)
    return RunList(items=[RunBrief(**_brief(row)) for row in found], next_cursor=cursor)


def _dedup_key(name: str, key: str | None) -> str | None:
    """Two callers' keys are never the same one."""
    return f"mcp-key:{hashlib.sha256(f'{name}/{key}'.encode()).hexdigest()}" if key else None


def _brief(row: Row) -> dict[str, Any]:
    told = {name: row.get(name) for name in RunBrief.model_fields if name != "over"}
    return {**told, "over": row["state"] in OVER}


def _told(asked: Asked, row: Row, *, duplicate: bool = False) -> RunTold:
    records = asked.app.records
    steps = [step_of(step) for step in records.runs.steps(row["id"])]
    sent = Counter((one["channel"], one["state"]) for one in records.effects.of_run(row["id"]))
    if row["dry_run"]:
        sent = Counter((one["channel"], one["state"]) for step in steps for one in step["deliveries"] or ())
    return RunTold(
        **_brief(row),
        duplicate=duplicate,
        steps=[StepTold(**{name: step[name] for name in StepTold.model_fields}) for step in steps[:MOST_STEPS]],
        steps_left_out=max(len(steps) - MOST_STEPS, 0),
        criteria=_plain_list(row.get("criteria")),
        alerts=_plain_list(row.get("alerts")),
        deliveries=[
            Deliveries(channel=channel, state=state, count=count) for (channel, state), count in sorted(sent.items())
        ],
    )


def _plain_list(rows: Any) -> Any:
    return plain(list(rows or ()))
