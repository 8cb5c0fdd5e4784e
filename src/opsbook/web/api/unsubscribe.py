"""The door behind the unsubscribe link of every letter (RFC 8058).

A mail program posts to it without asking anybody, and it acts at once: no account, no cookie, no redirect. Opening the
link shows a page and changes nothing, because scanners of mail open links too.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from opsbook.inbox.campaigns import UNSUBSCRIBE_PATH
from opsbook.web.house import house
from opsbook.web.pages import page

LONGEST = 1000  # characters of a token; ours are far shorter

router = APIRouter(prefix=UNSUBSCRIBE_PATH.rstrip("/"), tags=["unsubscribe"])


@router.get("/{token}", summary="Ask whether to unsubscribe", response_class=Response)
async def ask(request: Request, token: str) -> Response:
    """The page with the button. It looks the same for every token, so that it tells nobody who has got a letter."""
    return page(
        "Unsubscribe",
        ["You will get no more letters like this one at this address."],
        button="Unsubscribe",
    )


@router.post("/{token}", summary="Unsubscribe, in one click", response_class=Response)
async def unsubscribe(request: Request, token: str) -> Response:
    """Takes whoever holds the link off every further campaign. Safe to repeat."""
    if len(token) > LONGEST or not await house(request).app.campaigns.unsubscribe(token):
        told = [
            "This link is not one of ours, or it was cut off.",
            "Open it again from the letter, or answer the letter.",
        ]
        return page("That did not work", told, status=404)
    return page("You are unsubscribed", ["You will get no more letters like this one at this address."])
