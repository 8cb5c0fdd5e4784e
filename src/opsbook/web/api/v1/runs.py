"""Runs: lists of them, one with its steps and effects, its facts, and asking one to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from opsbook.records.run_pages import FILTERS, RunPages
from opsbook.runs.facts import facts_of, traced
from opsbook.runs.operations import record_of
from opsbook.sdk.errors import Conflict
from opsbook.sdk.values import plain
from opsbook.web.answers import answer, items, run_path
from opsbook.web.bodies import known_id, query_number, query_value
from opsbook.web.described import described, query
from opsbook.web.house import house
from opsbook.web.paging import asked_for, paged

router = APIRouter(prefix="/api/v1/runs", tags=["runs"])


@router.get("", openapi_extra=paged("run", FILTERS), summary="Runs, newest first")
async def listed(request: Request) -> Response:
    """Filtered by `playbook_id`, `state`, `verdict`, `trigger` or `parent_run_id`, at most `limit` (50, up to 200).

    `next_cursor` is null on the last page; given as `cursor` it shows the next one.
    """
    asked = asked_for(request, "run", FILTERS)
    return asked.answer(RunPages(house(request).app.store).page(asked.where, asked.one_more, asked.cursor), record)


@router.get("/{run_id}", summary="One run with its steps, tool calls and effects")
async def shown(request: Request, run_id: str) -> Response:
    app = house(request).app
    row = app.operations.get(known_id(run_id, "run"))
    found = record_of(row, app.records.runs.steps(run_id), app.records.effects.of_run(run_id))
    return answer({**found, "calls": [plain(call) for call in app.records.runs.calls(run_id)]})


@router.get("/{run_id}/facts", summary="Every figure, time and name that a run has told, with its path")
async def facts(request: Request, run_id: str) -> Response:
    """As `{id, label, text, value, unit, source, path, step, told_by}`, in document order."""
    app = house(request).app
    app.operations.get(known_id(run_id, "run"))
    return items(facts_of(app.records.runs.steps(run_id)))


@router.get(
    "/{run_id}/facts/{fact_id}",
    summary="One fact of a run, followed to its step, its source and the rows behind it",
    openapi_extra=described(
        query("step", "the step that tells it, by id or path, where several tell one with this id"),
        query("limit", "how many of the rows behind it, 20 unless told, up to 1000", "number"),
    ),
)
async def fact(request: Request, run_id: str, fact_id: str) -> Response:
    """`rows` explains a figure of the warehouse as its rows are now; `differs` says that they say another figure than
    the one that was told, which stays as it was.
    """
    app = house(request).app
    row = app.operations.get(known_id(run_id, "run"))
    wanted, step = known_id(fact_id, "fact"), query_value(request, "step")
    limit = int(query_number(request, "limit", 20, 1000))
    told = await asyncio.to_thread(
        traced, app.records, app.warehouse, app.snapshots, row, wanted, step=step, limit=limit
    )
    return answer(told.as_json())


@router.post("/{run_id}/cancel", status_code=202, summary="Ask a run to stop before its next step")
async def cancelled(request: Request, run_id: str) -> Response:
    """`finally` steps still run. A run that is over cannot be stopped: 409 `already_over`."""
    operations = house(request).app.operations
    if not operations.cancel(known_id(run_id, "run")):
        state = operations.get(run_id)["state"]
        raise Conflict("The run is over.", cure=f"It ended as {state}.", code="already_over")
    told = {"id": run_id, "state": operations.get(run_id)["state"], "stop_requested": True}
    return answer(told, 202, {"Location": run_path(run_id)})


def record(row: Mapping[str, object]) -> dict[str, object]:
    """A run's columns as a list shows them: results and inputs stay on its own page."""
    hidden = ("results", "inputs", "event", "conditions", "sha256")
    return {
        **{name: value for name, value in row.items() if name not in hidden},
        "success": row["state"] == "succeeded",
    }
