"""What the cron door answers: one shape for every outcome, with the status words of its callers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from starlette.responses import Response

from opsbook.records.rows import Row
from opsbook.sdk.errors import InvalidDefinition, OpsbookError
from opsbook.web.answers import answer, run_path
from opsbook.web.problems import CHALLENGE, SOON, headers_of

STATUS_WORDS = {"succeeded": "completed"}  # every other state has the same word here
SAID = {
    "failed": "A step failed.",
    "partial": "The run ended, but not everything was done.",
    "timed_out": "The run's time was used up.",
    "cancelled": "The run was cancelled.",
    "skipped": "The run was skipped.",
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The run succeeded, now or when it was first asked for (`duplicate`)."},
    202: {"description": "Accepted and durable, not over yet; `Location` names the run."},
    400: {"description": "`playbookId`, `wait`, a header or the body is missing or malformed."},
    401: {"description": "The bearer secret is missing, malformed or wrong."},
    403: {"description": "The playbook is disabled."},
    404: {"description": "There is no such playbook."},
    409: {"description": "The key was used for another request."},
    422: {"description": "The stored playbook is not valid; nothing was executed."},
    500: {"description": "The run ended failed, partial, timed out or cancelled; the body names the failing steps."},
    503: {"description": "No cron secret is configured, or the store cannot be reached; `Retry-After` says when."},
}


def ended(run: Row, failed_steps: Sequence[str], now: datetime, *, duplicate: bool) -> Response:
    """A run that is over: 200 when it did its job, else 500 with what went wrong."""
    headers = {"Location": run_path(run["id"])}
    if run["state"] == "succeeded":
        return answer(_body(run, now, duplicate), 200, headers)
    why = run.get("error") or {}
    error = {
        "code": why.get("class") or run["state"],
        "message": run.get("reason") or why.get("message") or SAID[run["state"]],
        "steps": list(failed_steps),
    }
    return answer({**_body(run, now, duplicate), "error": error}, 500, headers)


def under_way(run: Row, now: datetime, *, duplicate: bool) -> Response:
    """A run that goes on: it is on disk, and `Location` says where to look."""
    return answer(_body(run, now, duplicate), 202, {"Location": run_path(run["id"])})


def refused(error: OpsbookError, playbook_id: str | None, now: datetime) -> Response:
    """Nothing was started, and why."""
    told: dict[str, Any] = {"code": error.code, "message": error.sentence, "cure": error.cure}
    if isinstance(error, InvalidDefinition):
        told["problems"] = [str(problem) for problem in error.problems]
    body = {"success": False, "status": "refused", "timestamp": now, "error": told}
    if playbook_id is not None:
        body["playbookId"] = playbook_id
    return answer(body, error.http_status, headers_of(error))


def stranger(now: datetime, *, configured: bool) -> Response:
    """Who has not shown the secret learns nothing else, not even whether a playbook exists."""
    if configured:
        told = {"code": "not_signed_in", "message": "The bearer secret is missing or wrong."}
        return answer({"success": False, "status": "refused", "timestamp": now, "error": told}, 401, CHALLENGE)
    told = {
        "code": "no_cron_secret",
        "message": "This server has no cron secret.",
        "cure": "Set CRON_SECRET (16 characters or more; `openssl rand -hex 32` draws one) and start again.",
    }
    return answer({"success": False, "status": "refused", "timestamp": now, "error": told}, 503, SOON)


def _body(run: Row, now: datetime, duplicate: bool) -> dict[str, Any]:
    duration = run.get("duration_ms")
    body = {
        "success": run["state"] == "succeeded",
        "status": STATUS_WORDS.get(run["state"], run["state"]),
        "state": run["state"],
        "verdict": run["verdict"],
        "playbookId": run["playbook_id"],
        "playbookName": run["playbook_name"],
        "executionId": run["id"],
        "attempt": run["attempt"],
        "duration": None if duration is None else round(duration),
        "stepsExecuted": run["steps_executed"],
        "timestamp": now,
    }
    return {**body, "duplicate": True} if duplicate else body
