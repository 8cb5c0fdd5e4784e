"""Runs: lists of them, one with its steps and effects, and asking one to stop."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.responses import Response

from opsbook.records.run_pages import FILTERS, RunPages
from opsbook.runs.operations import record_of
from opsbook.sdk.errors import Conflict, InvalidInput
from opsbook.sdk.values import plain
from opsbook.web.answers import answer, items, run_path
from opsbook.web.bodies import ID, known_id, query_number, query_value
from opsbook.web.described import described, query
from opsbook.web.house import house

MOST_LISTED = 200

router = APIRouter(prefix="/api/v1/runs", tags=["runs"])


LISTS = described(
    *(query(name, f"only runs with this {name}") for name in FILTERS),
    query("limit", f"how many at most: 50, up to {MOST_LISTED}", "integer"),
    query("cursor", "the last page's `next_cursor`"),
)


@router.get("", openapi_extra=LISTS, summary="Runs, newest first")
async def listed(request: Request) -> Response:
    """Filtered by `playbook_id`, `state`, `verdict`, `trigger` or `parent_run_id`, at most `limit` (50, up to 200).

    `next_cursor` is null on the last page; given as `cursor` it shows the next one.
    """
    where = {name: value for name in FILTERS if (value := query_value(request, name)) is not None}
    for name, value in where.items():
        if not ID.fullmatch(value):
            raise InvalidInput(f"{name} is malformed.", field=name)
    cursor = query_value(request, "cursor")
    if cursor is not None and not re.fullmatch(r"run_[0-9a-f]{1,64}", cursor):
        raise InvalidInput("The cursor is malformed.", field="cursor", cure="Use the last page's next_cursor.")
    limit = max(1, int(query_number(request, "limit", 50, MOST_LISTED)))
    rows = RunPages(house(request).app.store).page(where, limit + 1, cursor)
    more = rows[limit - 1]["id"] if len(rows) > limit else None
    return items([record(row) for row in rows[:limit]], next_cursor=more)


@router.get("/{run_id}", summary="One run with its steps, tool calls and effects")
async def shown(request: Request, run_id: str) -> Response:
    app = house(request).app
    row = app.operations.get(known_id(run_id, "run"))
    found = record_of(row, app.records.runs.steps(run_id), app.records.effects.of_run(run_id))
    return answer({**found, "calls": [plain(call) for call in app.records.runs.calls(run_id)]})


@router.post("/{run_id}/cancel", status_code=202, summary="Ask a run to stop before its next step")
async def cancelled(request: Request, run_id: str) -> Response:
    """`finally` steps still run. A run that is over cannot be stopped: 409 `already_over`."""
    operations = house(request).app.operations
    if not operations.cancel(known_id(run_id, "run")):
        state = operations.get(run_id)["state"]
        raise Conflict("The run is over.", cure=f"It ended as {state}.", code="already_over")
    told = {"id": run_id, "state": operations.get(run_id)["state"], "stop_requested": True}
    return answer(told, 202, {"Location": run_path(run_id)})


def record(row: dict[str, object]) -> dict[str, object]:
    """A run's columns as a list shows them: results and inputs stay on its own page."""
    hidden = ("results", "inputs", "event", "conditions", "sha256")
    return {
        **{name: value for name, value in row.items() if name not in hidden},
        "success": row["state"] == "succeeded",
    }
