"""How an access token of Google's is got: for a refresh token, for a service account's key, from a metadata server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from opsbook.integrations import _service_account
from opsbook.integrations._tokens import Token
from opsbook.integrations._verdicts import at, code_in, peek
from opsbook.sdk.errors import NeverWorks, PersonNeeded
from opsbook.sdk.http import HttpClient, Reply, Unreached

RECONNECT = "Connect the account again and store the new refresh token."
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
MOST_SKEW_SECONDS = 300  # what Google lets a clock be off
ACCOUNT = "/computeMetadata/v1/instance/service-accounts/default/token"
KEY = f"the key in {_service_account.SETTING}"


async def by_refresh_token(http: HttpClient, url: str, client_id: str, client_secret: str, refresh: str) -> Token:
    """Raises `PersonNeeded` (`credentials`) when it is refused, and the errors of `Reply.checked`."""
    form = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh,
    }
    reply = await http.request("POST", url, form=form)
    if reply.status in (400, 401, 403):
        code = code_in(reply, "error") or f"status {reply.status}"
        raise PersonNeeded(f"The refresh token was refused ({code}).", cure=RECONNECT, code="credentials")
    return _granted(http, reply, "refresh token")


async def by_key(http: HttpClient, url: str, given: str, scopes: Sequence[str], subject: str | None) -> Token:
    """Sign a claim and exchange it. The key is read each time, so that a file that is replaced counts from then on.

    Raises `PersonNeeded`: `credentials` (the key is no key, or is refused; the sentence tells the clock of this machine
    apart), `missing_extra`. And the errors of `Reply.checked`.
    """
    try:
        key, why = _service_account.read(given), ""
    except _service_account.BadKey as error:
        key, why = None, str(error)
    if key is None:
        sentence = f"The setting {_service_account.SETTING} is of no use: {why}."
        raise PersonNeeded(sentence, cure="Correct it.", code="credentials")
    http.redactor.learn(_service_account.secrets_in(given))
    claim = _service_account.claim(key, scopes, subject, http.clock.now())
    reply = await http.request("POST", url, form={"grant_type": GRANT, "assertion": claim})
    if reply.status in (400, 401, 403):
        raise _refused(reply, subject)
    return _granted(http, reply, "key")


async def by_machine(http: HttpClient, host: str, scopes: Sequence[str]) -> Token:
    """The token of the account that this machine of Google's runs as.

    Raises `PersonNeeded` (`credentials`) when it has no account, and the errors of `HttpClient.ask_machine` and
    `Reply.checked`.
    """
    try:
        reply, lost = await http.ask_machine(host, ACCOUNT, {"scopes": ",".join(scopes)}), None
    except Unreached as error:
        reply, lost = None, error
    if reply is None or lost is not None:
        cure = "GCE_METADATA_HOST is for machines of Google's; elsewhere take it out and use a key."
        raise Unreached(str(lost), cure=cure, code=lost.code if lost else None)
    if reply.status in (400, 403, 404):
        said = f"The metadata server gives no token ({code_in(reply, 'error') or f'status {reply.status}'})."
        cure = "Attach a service account to this machine or service, and let it have the scopes."
        raise PersonNeeded(said, cure=cure, code="credentials")
    return _granted(http, reply, "metadata server's account")


def _refused(reply: Reply, subject: str | None) -> PersonNeeded:
    """What keeps a claim from being taken. Of Google's prose nothing is repeated; two of its words tell cases apart."""
    code = code_in(reply, "error") or f"status {reply.status}"
    prose = str(at(peek(reply), "error_description"))
    ahead = _ahead_seconds(reply)
    if code == "invalid_grant" and ahead is not None and abs(ahead) > MOST_SKEW_SECONDS:
        said = f"The clock of this machine is {abs(ahead) / 60:.0f} min {'fast' if ahead > 0 else 'slow'}, so {KEY}"
        said, cure = f"{said} was refused ({code}).", "Set the clock of this machine; use NTP."
    elif code == "unauthorized_client" and subject:
        said = f"The service account may not act for the user in GOOGLE_SUBJECT ({code})."
        cure = "Let its client ID have these scopes in the Workspace's admin console: domain-wide delegation."
    elif subject and ("email" in prose or "account not found" in prose):
        said, cure = f"Google knows no user as in GOOGLE_SUBJECT ({code}).", "Correct GOOGLE_SUBJECT."
    elif "Signature" in prose:
        said, cure = f"Google does not know {KEY} ({code}).", "It was deleted or replaced: give the new one."
    else:
        said, cure = f"Google refused {KEY} ({code}).", "Is the account still there and enabled? Else make a new key."
    return PersonNeeded(said, cure=cure, code="credentials")


def _ahead_seconds(reply: Reply) -> float | None:
    """By how much our clock is ahead of theirs; None when they do not tell the time."""
    try:
        theirs = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return None
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    ours: datetime = reply.received_at
    return (ours - theirs).total_seconds()


def _granted(http: HttpClient, reply: Reply, to: str) -> Token:
    body = reply.checked().object()
    token, lives = body.get("access_token"), body.get("expires_in")
    if not isinstance(token, str) or not token or not isinstance(lives, int | float):
        raise NeverWorks(f"The answer to the {to} holds no access token.", code="bad_reply")
    http.redactor.learn([token])
    rest = body.get("refresh_token_expires_in")  # only where access was granted for a time
    return Token(token, float(lives), renewable_seconds=rest)
