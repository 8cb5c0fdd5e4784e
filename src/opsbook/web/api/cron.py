"""The cron door: `POST /api/cron/playbook-runner?playbookId=<id>` with the cron secret as bearer.

The order is: who asks, what is asked for, the occasion, the record, the wait. Nothing is looked up for a stranger, and
whatever is answered with 202 is on disk.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from opsbook.app import App
from opsbook.playbooks.fields import ID_PATTERN
from opsbook.playbooks.model import Playbook
from opsbook.records.rows import Row
from opsbook.records.unreachable import UNREACHABLE, in_words
from opsbook.runs.acceptance import Request as RunRequest
from opsbook.runs.clockwork import slot_request
from opsbook.runs.segment import OVER
from opsbook.sdk.errors import InvalidInput, OpsbookError
from opsbook.sdk.values import JsonObject
from opsbook.web.api.cron_answers import ANSWERS, ended, refused, stranger, under_way
from opsbook.web.api.scheduler import occasion, slot_at
from opsbook.web.auth.bearer import admits, presented
from opsbook.web.bodies import body_of, idempotency_key, object_in, query_number, query_value
from opsbook.web.described import IDEMPOTENCY_KEY, described, header, query
from opsbook.web.house import House, house

DEFAULT_WAIT_SECONDS = 20.0
MOST_WAIT_SECONDS = 900.0

router = APIRouter(prefix="/api/cron", tags=["cron"])

TAKES = described(
    query("playbookId", "which playbook", required=True),
    query("wait", f"seconds to wait for the run's end: 20, up to {MOST_WAIT_SECONDS:g}", "number"),
    header("X-CloudScheduler-JobName", "the scheduler's job", 500),
    header("X-CloudScheduler-ScheduleTime", "when it was due (RFC 3339); job and time are one run", 40),
    IDEMPOTENCY_KEY,
    body={"type": "object", "properties": {"inputs": {"type": "object", "description": "the playbook's inputs"}}},
)


@router.post("/playbook-runner", responses=ANSWERS, openapi_extra=TAKES, summary="Run a playbook for a scheduler")
async def playbook_runner(request: Request) -> Response:
    """Starts the run of the occasion that the request names and waits for its end, `wait` seconds at the most.

    The same occasion (scheduler job and schedule time, or Idempotency-Key) is the same run for ever.
    """
    rooms = house(request)
    secrets = rooms.app.settings.cron_secrets
    admitted = admits(presented(request.scope["headers"]), secrets)
    if not (secrets and admitted):
        return stranger(rooms.app.world.clock.now(), configured=bool(secrets))
    try:
        with in_words():
            wanted, seconds = await _understood(rooms, request)
            accepted = await rooms.app.operations.start(wanted)
    except OpsbookError as error:
        return refused(error, request.query_params.get("playbookId"), rooms.app.world.clock.now())
    run, again = accepted.run, None
    if (
        not accepted.fresh
    ):  # a caller that repeats itself after a failure wants it done: the next attempt of the same run
        with in_words():
            again = await rooms.app.operations.retry(run["id"])
    if accepted.fresh or again is not None:
        run = await _until_over(rooms, again or run, seconds)
    return _answered(rooms.app, run, duplicate=not accepted.fresh)


async def _understood(rooms: House, request: Request) -> tuple[RunRequest, float]:
    """The run that is asked for, and how many seconds to wait for its end. Raises what is wrong with the request."""
    playbook_id = query_value(request, "playbookId")
    if playbook_id is None or not re.fullmatch(ID_PATTERN, playbook_id):
        raise InvalidInput(
            "playbookId is missing." if playbook_id is None else "playbookId is malformed.",
            field="playbookId",
            cure="Name one playbook: ?playbookId=ops_daily_health_check.",
        )
    wait = query_number(request, "wait", DEFAULT_WAIT_SECONDS, MOST_WAIT_SECONDS)
    playbook = rooms.standing.get(playbook_id)
    body = await body_of(request)
    return _wanted(rooms.app.world.clock.now(), request, playbook, body), wait


def _wanted(now: datetime, request: Request, playbook: Playbook, body: bytes) -> RunRequest:
    """The run of a slot, of a scheduler's time, of an Idempotency-Key, or one of its own."""
    job = request.headers.get("x-cloudscheduler-jobname")
    about = occasion(job, request.headers.get("x-cloudscheduler-scheduletime"), now)
    inputs = _inputs(body)
    actor = f"scheduler:{job}" if job else "cron"
    if about is not None:
        slot = slot_at(playbook, about.at)
        if slot is not None:
            return replace(slot_request(playbook.id, slot, "cron", actor), inputs=inputs)
        return RunRequest(playbook.id, "cron", actor, inputs, about.key(playbook.id), about.at)
    key = idempotency_key(request)
    if key is None:
        return RunRequest(playbook.id, "manual", actor, inputs)
    digest = hashlib.sha256(key.encode()).hexdigest()
    fingerprint = hashlib.sha256(body).hexdigest()
    return RunRequest(playbook.id, "manual", actor, inputs, f"cron-key:{digest}", fingerprint=fingerprint)


def _inputs(body: bytes) -> JsonObject:
    """What the body gives to the run: its member `inputs`. Other members are the scheduler's own business."""
    inputs = object_in(body).get("inputs", {})
    if not isinstance(inputs, dict):
        raise InvalidInput("inputs is not an object.", field="inputs", cure='Write it like {"inputs": {"days": 7}}.')
    return inputs


async def _until_over(rooms: House, run: Row, seconds: float) -> Row:
    """The run at its end, when the time is up, or when this server is about to stop: whichever is first."""
    operations = rooms.app.operations
    waiting = asyncio.create_task(operations.ended(run["id"], seconds))
    draining = asyncio.create_task(rooms.draining.wait())
    try:
        await asyncio.wait((waiting, draining), return_when=asyncio.FIRST_COMPLETED)
        return waiting.result() if waiting.done() else operations.get(run["id"])
    except UNREACHABLE:
        return run  # it is on disk and goes on; only its end cannot be seen from here
    finally:
        waiting.cancel()
        draining.cancel()


def _answered(app: App, run: Row, *, duplicate: bool) -> Response:
    now = app.world.clock.now()
    if run["state"] not in OVER:
        return under_way(run, now, duplicate=duplicate)
    steps = [] if run["state"] == "succeeded" else app.records.runs.steps(run["id"])
    return ended(run, [step["step_id"] for step in steps if step["status"] == "failed"], now, duplicate=duplicate)
