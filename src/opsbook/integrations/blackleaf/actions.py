"""Sends one text message to one number by Blackleaf, in the `bearer` way of calling.

Class D: nothing is documented that a message could be told by afterwards, or that would remove a repeat.
"""

from __future__ import annotations

from datetime import timedelta

from opsbook.integrations._posting import SEND_SECONDS, handed_over, throttled
from opsbook.integrations._system import url_of
from opsbook.integrations._verdicts import at, code_in, peek
from opsbook.integrations.blackleaf.rules import UNSUBSCRIBE, number, text_of
from opsbook.integrations.blackleaf.types import CODES, IDS, is_refused, is_taken
from opsbook.sdk.effects import ConnectorClass, Lost, Parcel, Receipt, Refused
from opsbook.sdk.http import HttpClient, Reply, bearer

VENDOR = "Blackleaf"


class TextMessages:
    """The channel `sms` by Blackleaf."""

    name = "blackleaf"
    channel = "sms"
    effect_class = ConnectorClass.D
    search_after = timedelta(0)

    def __init__(self, http: HttpClient, base_url: str, key: str) -> None:
        self.http = http
        self.base_url = base_url
        self.key = key

    async def send(self, parcel: Parcel) -> Receipt:
        """Hand one message over, with its opt-out; what the rules forbid is refused before anything is asked."""
        body = {"to": number(parcel.to), "body": text_of(parcel), "unsubscribeText": UNSUBSCRIBE}
        address = url_of(self.base_url, "messaging/send/text")
        asking = self.http.request("POST", address, headers=bearer(self.key), json={**body}, total_seconds=SEND_SECONDS)
        return taken(await handed_over(asking, VENDOR), parcel.key)

    async def find(self, key: str) -> Receipt | None:
        """Nothing can be searched for: always None. The ledger does not ask a class D connector."""
        return None


def taken(reply: Reply, key: str) -> Receipt:
    """The receipt of a message that the vendor says it took: a good status alone does not say so."""
    body = peek(reply)
    if reply.status in (401, 403):
        raise Refused("credentials", f"Blackleaf refused the key (status {reply.status}).")
    if reply.status == 429:
        raise throttled(reply, VENDOR)
    if is_refused(body) or not reply.ok:
        code = code_in(reply, *CODES) or f"http_{reply.status}"
        raise Refused(code, f"Blackleaf refused it ({code}).")
    if not is_taken(body):
        raise Lost("Blackleaf's answer does not say whether the message was taken.")
    given = next((str(found) for name in IDS if isinstance(found := at(body, name), str | int) and found), "")
    return Receipt(given or key)
