"""Approvals: what waits for a decision, what is frozen under it, and deciding as the person whose token it is."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from opsbook.inbox.approval_views import brief, whole
from opsbook.inbox.approvals import Approvals
from opsbook.inbox.deciding import Decision
from opsbook.records.rows import Row
from opsbook.sdk.errors import InvalidInput, NotAllowed
from opsbook.web.answers import answer
from opsbook.web.auth.persons import decider, reader
from opsbook.web.bodies import body_of, idempotency_key, known_id, object_in
from opsbook.web.described import IDEMPOTENCY_KEY, described
from opsbook.web.house import house
from opsbook.web.paging import asked_for, paged

FILTERS = ("state",)

router = APIRouter(prefix="/api/v1/approvals", tags=["approvals"])


class DecisionWanted(BaseModel):
    """The body that decides. `digest` is that of what was seen: about something else, nothing is decided."""

    model_config = ConfigDict(extra="forbid", strict=True)

    decision: Literal["approved", "rejected"]
    digest: str = Field(pattern="^[0-9a-f]{64}$")
    note: str | None = Field(default=None, description="a rejection needs it")
    form: dict[str, Any] = Field(default_factory=dict, description="the answers to its form, by name")


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The approval with the decision in it, or as the same key was answered before."},
    400: {"description": "The body, the form or the reason of a rejection is missing or malformed."},
    401: {"description": "The bearer token is no person's."},
    403: {"description": "This person may not decide about it."},
    404: {"description": "There is no such approval."},
    409: {"description": "It is decided, expired or void, or about something else than the digest says."},
    503: {"description": "No person has a token."},
}
TAKES = described(IDEMPOTENCY_KEY, body=DecisionWanted.model_json_schema())


@router.get("", openapi_extra=paged("approval", FILTERS), summary="Approvals, newest first")
async def listed(request: Request) -> Response:
    """Filtered by `state`, at most `limit` (50, up to 200), for an API token or a person's own.

    `next_cursor` is null on the last page; given as `cursor` it shows the next one.
    """
    reader(request)
    asked = asked_for(request, "approval", FILTERS)
    rows = house(request).app.approvals.rows
    found = rows.latest(state=asked.where.get("state"), limit=asked.one_more, after=asked.cursor)
    return asked.answer(found, brief)


@router.get("/{approval_id}", summary="One approval with its decisions and its audit")
async def shown(request: Request, approval_id: str) -> Response:
    """Looking at it decides nothing. A person's own token shows what that person may decide about."""
    approvals, row = _shown(request, approval_id)
    return answer(whole(row, approvals.able(row)))


@router.get("/{approval_id}/manifest", summary="What an approval binds: every letter of a campaign, or a step's value")
async def manifest(request: Request, approval_id: str) -> Response:
    """Checked against its digest. 409 `tampered` when something else is stored."""
    approvals, row = _shown(request, approval_id)
    return answer(approvals.frozen(row))


@router.post("/{approval_id}/decision", openapi_extra=TAKES, responses=ANSWERS, summary="Approve or reject")
async def decided(request: Request, approval_id: str) -> Response:
    """As the person whose own token is the bearer. An `Idempotency-Key` makes a repeat harmless."""
    person = decider(request)
    key = idempotency_key(request)
    wanted = _wanted(await body_of(request))
    decision = Decision(
        wanted.decision,
        "api",
        wanted.note,
        wanted.form,
        wanted.digest,
        hashlib.sha256(key.encode()).hexdigest() if key else None,
    )
    approvals = house(request).app.approvals
    row = await approvals.decide(known_id(approval_id, "approval"), person.name, decision)
    return answer(whole(row, approvals.able(row)))


def _shown(request: Request, approval_id: str) -> tuple[Approvals, Row]:
    person, approvals = reader(request), house(request).app.approvals
    row = approvals.get(known_id(approval_id, "approval"))
    if person is not None and not approvals.concerns(row, person):
        raise NotAllowed(f"This does not concern {person.name}.", cure="Ask those who decide.", code="no_right")
    return approvals, row


def _wanted(body: bytes) -> DecisionWanted:
    try:
        return DecisionWanted.model_validate(object_in(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"{place} is refused: {first['msg']}.",
            field=place,
            cure="The body has decision (approved or rejected), digest, note and form.",
        ) from error
