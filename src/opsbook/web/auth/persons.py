"""Who decides over HTTP: the person whose own token is presented. A deployment's API token is nobody's."""

from __future__ import annotations

import hashlib
import hmac

from starlette.requests import Request

from opsbook.inbox.people import Person
from opsbook.sdk.errors import CallerMistake, PersonNeeded
from opsbook.web.auth.bearer import admits, presented
from opsbook.web.house import house

CURE = "Send your own token as a bearer: its SHA-256 stands as approve_token_sha256 in your section of the settings."


class NotSignedIn(CallerMistake):
    """The request does not prove whose it is. Send a valid token as a bearer."""

    code = "not_signed_in"
    exit_code = 9
    http_status = 401


class NoApprover(PersonNeeded):
    """Nobody has a token to decide with, so the door is closed to everybody. Give people an approve_token_sha256."""

    code = "no_approver_token"
    http_status = 503


def decider(request: Request) -> Person:
    """The person who decides. Raises `NotSignedIn`, and `NoApprover` while nobody has a token."""
    people = house(request).app.people.people.values()
    if not any(one.approve_token_sha256 for one in people):
        raise NoApprover("Nobody can decide over HTTP here.", cure=CURE)
    found = _person(request)
    if found is None:
        raise NotSignedIn("A person's own token is needed to decide.", cure=CURE)
    return found


def reader(request: Request) -> Person | None:
    """The person who looks, None for the API token. Raises `NotSignedIn` for anybody else."""
    tokens = house(request).app.settings.api_tokens
    known = admits(presented(request.scope["headers"]), tokens)
    found = _person(request)
    if found is None and not (tokens and known):
        raise NotSignedIn("A valid bearer token is needed.", cure="Send Authorization: Bearer …")
    return found


def _person(request: Request) -> Person | None:
    """Whose token it is: every one is compared, in constant time."""
    token = presented(request.scope["headers"])
    given = hashlib.sha256(token or b"").hexdigest()
    people = house(request).app.people.people.values()
    mine = [one for one in people if hmac.compare_digest(given, one.approve_token_sha256 or "")]
    return mine[0] if token is not None and mine else None
