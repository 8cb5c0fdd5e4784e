"""The page behind the link that each of those who may decide is sent. Opening it shows; only its buttons decide."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import Response

from opsbook.inbox.approvals import Approvals
from opsbook.inbox.deciding import APPROVED, REJECTED, Decision
from opsbook.inbox.passes import PATH
from opsbook.records.rows import Row
from opsbook.sdk.errors import CallerMistake, InvalidInput, NotAllowed, NotFound
from opsbook.web.approval_page import PREFIX, answers_in, question
from opsbook.web.bodies import body_of
from opsbook.web.house import house
from opsbook.web.pages import html, page

MOST_FIELDS = 100
CHOICES = {APPROVED, REJECTED}

router = APIRouter(prefix=PATH.rstrip("/"), tags=["approval links"])


@router.get("/{token}", summary="Show what is to be decided", response_class=Response)
async def opened(request: Request, token: str) -> Response:
    """The frozen content, who is asked and until when. Nothing is decided by looking, whoever or whatever looks."""
    approvals = house(request).app.approvals
    try:
        row, person = await approvals.opened(token)
        frozen = approvals.frozen(row)
    except CallerMistake as error:
        return _refused(error)
    return html(row["title"], question(row, person, frozen))


@router.post("/{token}", summary="Decide as the person to whom the link was sent", response_class=Response)
async def decided(request: Request, token: str) -> Response:
    """The form of that page. The link is worth one decision, on this content, until its deadline."""
    approvals = house(request).app.approvals
    try:
        row = await _opened(approvals, token)
        given = _form(await body_of(request))
        decision = Decision(
            _choice(given),
            "link",
            given.get("note") or None,
            answers_in({name[len(PREFIX) :]: text for name, text in given.items() if name.startswith(PREFIX)}, row),
            given.get("digest"),
        )
        done = await approvals.decide_by_link(token, decision)
    except CallerMistake as error:
        return _refused(error)
    said = [f"You {decision.decision} “{done['title']}”.", f"It is {done['state']} now."]
    return page("Thank you", said)


async def _opened(approvals: Approvals, token: str) -> Row:
    try:
        row, _ = await approvals.opened(token)
    except (NotFound, NotAllowed):
        await approvals.decide_by_link(token, Decision(REJECTED, "link"))  # refuses, and keeps that somebody tried
        raise
    return row


def _form(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise InvalidInput("The form cannot be read.", field="body", cure="Use the page's own form.") from error
    return {name: values[-1].replace("\r\n", "\n") for name, values in fields.items()}


def _choice(given: dict[str, str]) -> str:
    wanted = given.get("decision", "")
    if wanted not in CHOICES:
        raise InvalidInput("Nothing was chosen.", field="decision", cure="Press one of the two buttons.")
    return wanted


def _refused(error: CallerMistake) -> Response:
    return page(
        "Nothing was decided", [line for line in (error.sentence, error.cure) if line], status=error.http_status
    )
