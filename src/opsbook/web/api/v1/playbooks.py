"""Playbooks: those that are published, and starting a run of one."""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from opsbook.records.rows import Row
from opsbook.runs.acceptance import Request as RunRequest
from opsbook.sdk.errors import InvalidInput, NotFound
from opsbook.web.answers import answer, items, run_path, without
from opsbook.web.bodies import body_of, idempotency_key, known_id, object_in
from opsbook.web.described import IDEMPOTENCY_KEY, described
from opsbook.web.house import house

router = APIRouter(prefix="/api/v1/playbooks", tags=["playbooks"])


class RunWanted(BaseModel):
    """The body that starts a run; an empty one starts it with the defaults."""

    model_config = ConfigDict(extra="forbid", strict=True)

    inputs: dict[str, Any] = Field(default_factory=dict, description="the playbook's typed inputs")
    dry_run: bool = Field(default=False, description="read for real, and only say what it would do")


TAKES = described(IDEMPOTENCY_KEY, body=RunWanted.model_json_schema())


@router.get("", summary="Every published playbook, by id")
async def listed(request: Request) -> Response:
    rows = house(request).app.records.playbooks.all()
    return items([_brief(row) for row in rows])


@router.get("/{playbook_id}", summary="One playbook with its published document and its versions")
async def shown(request: Request, playbook_id: str) -> Response:
    playbooks = house(request).app.records.playbooks
    row = playbooks.get(known_id(playbook_id, "playbook"))
    version = playbooks.version(playbook_id, row["version"]) if row else None
    if row is None or version is None:
        raise NotFound(f"There is no playbook {playbook_id}.")
    kept = [without(one, "document", "text", "playbook_id") for one in playbooks.versions(playbook_id)]
    return answer(
        {**_brief({**version, **row}), "document": version["document"], "text": version["text"], "versions": kept}
    )


@router.post("/{playbook_id}/runs", status_code=202, openapi_extra=TAKES, summary="Start a run")
async def started(request: Request, playbook_id: str) -> Response:
    """Answers 202 as soon as the run is on disk; `Location` names it. An `Idempotency-Key` makes a repeat harmless."""
    rooms = house(request)
    rooms.standing.get(known_id(playbook_id, "playbook"), enabled_only=False)
    key = idempotency_key(request)
    body = await body_of(request)
    wanted = _wanted(body)
    run_request = RunRequest(
        playbook_id,
        trigger="api",
        actor="api",
        inputs=wanted.inputs,
        dedup_key=f"api-key:{hashlib.sha256(key.encode()).hexdigest()}" if key else None,
        dry_run=wanted.dry_run,
    )
    accepted = await rooms.app.operations.start(run_request)
    run = accepted.run
    told = {
        "id": run["id"],
        "playbook_id": run["playbook_id"],
        "state": run["state"],
        "verdict": run["verdict"],
        "duplicate": not accepted.fresh,
    }
    return answer(told, 202, {"Location": run_path(run["id"])})


def _wanted(body: bytes) -> RunWanted:
    try:
        return RunWanted.model_validate(object_in(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"{place} is refused: {first['msg']}.", field=place, cure="The body has inputs and dry_run."
        ) from error


def _brief(row: Row) -> Row:
    document = row["document"]
    return {
        **without(row, "document", "text", "author", "playbook_id"),
        "description": document.get("description", ""),
        "agent": document.get("agent"),
        "triggers": document.get("triggers", []),
        "inputs": document.get("inputs", {}),
    }
