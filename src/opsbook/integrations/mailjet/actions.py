"""Sends one mail to one recipient by Mailjet's API.

Class C: Mailjet removes no repeats, but a message can be searched for by the `CustomID` that it was sent under. A good
status proves nothing: the entry of the message and its errors do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from opsbook.integrations._mail import URGENT, refuse_what_could_turn
from opsbook.integrations._posting import SEND_SECONDS, handed_over, searched, throttled
from opsbook.integrations._system import url_of
from opsbook.integrations._verdicts import CODE, at, peek
from opsbook.integrations.mailjet.types import OURS
from opsbook.sdk.effects import ConnectorClass, Lost, Parcel, Receipt, Refused, mark
from opsbook.sdk.http import HttpClient, Reply
from opsbook.sdk.values import JsonObject

VENDOR = "Mailjet"


class Mail:
    """The channel `email` by Mailjet's API. Implements `sdk.effects.Limited` too."""

    name = "mailjet"
    channel = "email"
    effect_class = ConnectorClass.C
    search_after = timedelta(seconds=60)

    def __init__(
        self,
        http: HttpClient,
        base_url: str,
        keys: tuple[str, str],
        sender: str,
        sender_name: str,
        *,
        per_day: int | None = None,
    ) -> None:
        self.http = http
        self.base_url = base_url
        self.keys = keys
        self.sender = sender
        self.sender_name = sender_name
        self.per_day = per_day

    async def send(self, parcel: Parcel) -> Receipt:
        """Hand one message over. `provider_id` is Mailjet's id of the message to this recipient."""
        refuse_what_could_turn(parcel, self.sender_name)
        body: JsonObject = {"Messages": [self._message(parcel)]}
        address = url_of(self.base_url, "v3.1/send")
        asking = self.http.request("POST", address, json=body, basic=self.keys, total_seconds=SEND_SECONDS)
        return taken(await handed_over(asking, VENDOR), parcel.to)

    async def find(self, key: str) -> Receipt | None:
        """Search by the `CustomID`, which has to stand in the rows that come back: a filter could go unheard."""
        wanted = mark(key)
        params: dict[str, str | int] = {"CustomID": wanted, "ShowCustomID": "true", "Limit": 10}
        address = url_of(self.base_url, "v3/REST/message")
        reply = await searched(self.http.request("GET", address, params=params, basic=self.keys))
        rows = at(peek(reply), "Data")
        if not reply.ok or not isinstance(rows, list):
            raise Lost(f"Mailjet's list of messages cannot be read (status {reply.status}).")
        ours = [row for row in rows if at(row, "CustomID") == wanted and _is_id(at(row, "ID"))]
        if len(ours) < len(rows):
            raise Lost("Mailjet answered the search with messages that were not asked for.")
        return Receipt(str(ours[0]["ID"]), {"status": str(at(ours[0], "Status"))}) if ours else None

    def _message(self, parcel: Parcel) -> JsonObject:
        sender: JsonObject = {"Email": self.sender}
        if self.sender_name:
            sender["Name"] = self.sender_name
        urgent: JsonObject = {"Importance": "high"} if parcel.severity in URGENT else {}
        message: JsonObject = {
            "From": sender,
            "To": [{"Email": parcel.to}],
            "Subject": parcel.subject,
            "TextPart": parcel.text,
            "CustomID": mark(parcel.key),
            "TrackClicks": "disabled",  # a tracked link is another link: those of approvals and opt-outs must stay
            "TrackOpens": "disabled",
            "Headers": {"Auto-Submitted": "auto-generated", **urgent, **parcel.headers},
        }
        return message if parcel.html is None else {**message, "HTMLPart": parcel.html}


def taken(reply: Reply, to: str) -> Receipt:
    """The receipt of a message that Mailjet says it took, to this recipient and to no other."""
    body = peek(reply)
    if reply.status == 429:
        raise throttled(reply, VENDOR)
    entries = at(body, "Messages")
    entry = entries[0] if isinstance(entries, list) and len(entries) == 1 else None
    status, errors = at(entry, "Status"), at(entry, "Errors")
    if status == "error" and isinstance(errors, list) and errors:
        raise _meant(errors, reply)
    if entry is None and not reply.ok:
        raise _meant([body], reply)
    sent = at(entry, "To")
    took = reply.ok and status == "success" and not errors and isinstance(sent, list) and len(sent) == 1
    if took and str(at(sent, "0.Email")).lower() == to.lower() and _is_id(at(sent, "0.MessageID")):
        return Receipt(str(at(sent, "0.MessageID")), {"uuid": str(at(sent, "0.MessageUUID"))})
    raise Lost("Mailjet's answer does not say whether the message was taken.")


def _meant(errors: Sequence[Any], reply: Reply) -> Refused | Lost:
    """What the errors of one message mean together: it goes elsewhere only when none of them is about the message."""
    read = [_read(error, reply.status) for error in errors]
    if any(status >= 500 for _, status in read):
        return Lost("Mailjet failed while it had the message.")
    if any(status == 429 for _, status in read):
        return throttled(reply, VENDOR)
    named = [(OURS.get(code) or {401: "credentials", 403: "vendor_policy"}.get(status), code) for code, status in read]
    own, code = next(((own, code) for own, code in named if own is None), named[0])
    return Refused(own or code, f"Mailjet refused it ({code}).")


def _read(error: Any, http_status: int) -> tuple[str, int]:
    """The code and the status of one error; its prose could repeat an address."""
    status = at(error, "StatusCode")
    status = status if isinstance(status, int) else http_status
    code = at(error, "ErrorCode")
    return code if isinstance(code, str) and CODE.fullmatch(code) else f"http_{status}", status


def _is_id(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool) and bool(value)
