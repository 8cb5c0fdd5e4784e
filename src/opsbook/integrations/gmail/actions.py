"""Sends one mail to one recipient from the account's mailbox.

Class C: Gmail removes no repeats, but what was sent stands in the mailbox. A draft is made first and then sent, so an
answer that is lost can be cleared up: a draft that was sent is there no more, and making a draft sends nothing.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol

from opsbook.integrations._google import CODES, THROTTLES
from opsbook.integrations._mail import compose, message_id
from opsbook.integrations._posting import handed_over, searched, throttled
from opsbook.integrations._verdicts import at, code_in, peek
from opsbook.sdk.clock import Clock
from opsbook.sdk.effects import ConnectorClass, Lost, Parcel, Receipt, Refused, mark
from opsbook.sdk.http import Reply
from opsbook.sdk.values import Json

VENDOR = "Gmail"
MARK = "X-Opsbook-Message"
PAGE, MOST_PAGES = 100, 3
LOOK_BACK = timedelta(days=30)
USED_UP = frozenset({"dailyLimitExceeded", "quotaExceeded"})
NO_RIGHT = frozenset({"insufficientPermissions", "forbidden", "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})


class Ask(Protocol):
    """A request with the account's token, to a path below the mailbox."""

    def __call__(
        self, method: str, path: str, *, params: dict[str, str | int] | None = None, json: Json | None = None
    ) -> Awaitable[Reply]: ...


class Mail:
    """The channel `email` from a mailbox of Gmail."""

    name = "gmail"
    channel = "email"
    effect_class = ConnectorClass.C
    search_after = timedelta(seconds=60)

    def __init__(self, ask: Ask, sender: str, sender_name: str, clock: Clock) -> None:
        self.ask = ask
        self.sender = sender
        self.sender_name = sender_name
        self.clock = clock

    async def send(self, parcel: Parcel) -> Receipt:
        """Make a draft, send it. `provider_id` is the id of the message in the mailbox."""
        marked = replace(parcel, headers={**parcel.headers, MARK: mark(parcel.key)})
        mail = compose(marked, self.sender, self.sender_name, self.clock.now())
        draft = await self._drafted(urlsafe_b64encode(mail).decode())
        try:
            reply = await handed_over(self.ask("POST", "drafts/send", json={"id": draft}), VENDOR)
        except Lost:
            return await self._cleared_up(draft, parcel.key)
        if not reply.ok:
            raise _meant(reply)
        given = at(peek(reply), "id")
        if not isinstance(given, str) or not given:
            return await self._cleared_up(draft, parcel.key)
        return Receipt(given, {"draft": draft})

    async def find(self, key: str) -> Receipt | None:
        """Search by the Message-ID, then through what was sent in the last month, newest first, for our marks.

        Raises `Lost` when there is more than can be looked through, so that "not found" is never a guess.
        """
        ours = message_id(key, self.sender)
        named = await self._listed({"labelIds": "SENT", "q": f"rfc822msgid:{ours.strip('<>')}"})
        for one in _ids(named):
            return Receipt(one)
        since = int((self.clock.now() - LOOK_BACK).timestamp())
        query: dict[str, str | int] = {"labelIds": "SENT", "q": f"after:{since}", "maxResults": PAGE}
        for _ in range(MOST_PAGES):
            page = await self._listed(query)
            for one in _ids(page):
                if await self._is(one, {ours, mark(key)}):
                    return Receipt(one)
            following = at(page, "nextPageToken")
            if not isinstance(following, str) or not following:
                return None
            query["pageToken"] = following
        raise Lost(f"More than {PAGE * MOST_PAGES} mails were sent since; it was not found among them.")

    async def _drafted(self, raw: str) -> str:
        """The id of a draft of the mail. Whatever goes wrong here, nothing was sent."""
        try:
            reply = await handed_over(self.ask("POST", "drafts", json={"message": {"raw": raw}}), VENDOR)
        except Lost:
            raise Refused(
                "no_draft", "Gmail did not say that it made a draft; nothing was sent.", permanent=False
            ) from None
        if not reply.ok:
            raise _meant(reply)
        given = at(peek(reply), "id")
        if not isinstance(given, str) or not given:
            raise Refused("no_draft", "Gmail made a draft and did not say which; nothing was sent.", permanent=False)
        return given

    async def _cleared_up(self, draft: str, key: str) -> Receipt:
        """The message of a draft whose sending was not answered, when it stands in the mailbox as sent."""
        reply = await searched(self.ask("GET", f"drafts/{draft}"))
        found = await self.find(key) if reply.status == 404 else None
        if found is None:
            raise Lost("Gmail did not say whether it sent the draft.")
        return found

    async def _listed(self, query: dict[str, str | int]) -> Any:
        reply = await searched(self.ask("GET", "messages", params=query))
        body = peek(reply)
        if not reply.ok or not isinstance(body, dict):
            raise Lost(f"The mailbox cannot be searched (status {reply.status}).")
        return body

    async def _is(self, one: str, marks: set[str]) -> bool:
        reply = await searched(self.ask("GET", f"messages/{one}", params={"format": "metadata"}))
        headers = at(peek(reply), "payload.headers")
        if not reply.ok or not isinstance(headers, list):
            raise Lost(f"A mail of the mailbox cannot be looked at (status {reply.status}).")
        told = {
            str(at(line, "value")) for line in headers if str(at(line, "name")).lower() in ("message-id", MARK.lower())
        }
        return bool(told & marks)


def _ids(page: Any) -> Iterator[str]:
    """The ids of a page; one without messages has no list."""
    for row in at(page, "messages") or ():
        if isinstance(found := at(row, "id"), str):
            yield found


def _meant(reply: Reply) -> Refused:
    """What a refusal means. A right that is missing and a quota both come as 403, with a reason."""
    code = code_in(reply, *CODES) or f"http_{reply.status}"
    said = {str(at(peek(reply), path)) for path in CODES}
    sentence = f"Gmail refused it ({code})."
    if said & USED_UP:
        return Refused("quota", sentence, permanent=False, elsewhere=True)
    if reply.status == 429 or said & THROTTLES:
        return throttled(reply, VENDOR)
    if reply.status == 401 or said & NO_RIGHT:
        return Refused("credentials", sentence)
    if "failedPrecondition" in said or reply.status == 403:  # the mailbox has no mail service, or may not send
        return Refused("account", sentence)
    return Refused(code, sentence)
