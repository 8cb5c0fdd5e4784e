"""Sends one mail to one recipient by the API of SES.

Class D: SES promises nothing about a message that is sent twice, and what it took cannot be searched for.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta

from opsbook.integrations._mail import compose
from opsbook.integrations._posting import SEND_SECONDS, handed_over, throttled
from opsbook.integrations._system import url_of
from opsbook.integrations._verdicts import at, peek
from opsbook.integrations.ses.signing import Key, signed
from opsbook.integrations.ses.types import BAD_CREDENTIALS, OUR_ACCOUNT, THROTTLES, code_of, said
from opsbook.sdk.effects import ConnectorClass, Lost, Parcel, Receipt, Refused, mark
from opsbook.sdk.http import HttpClient, Reply
from opsbook.sdk.values import JsonObject

VENDOR = "SES"


class Mail:
    """The channel `email` by SES."""

    name = "ses"
    channel = "email"
    effect_class = ConnectorClass.D
    search_after = timedelta(0)

    def __init__(
        self, http: HttpClient, base_url: str, key: Key, sender: str, sender_name: str, configuration_set: str | None
    ) -> None:
        self.http = http
        self.base_url = base_url
        self.key = key
        self.sender = sender
        self.sender_name = sender_name
        self.configuration_set = configuration_set

    async def send(self, parcel: Parcel) -> Receipt:
        """Hand over the mail as it is written here. `provider_id` is the Message-ID that SES gave it."""
        mail = compose(parcel, self.sender, self.sender_name, self.http.clock.now())
        body: JsonObject = {
            "FromEmailAddress": self.sender,
            "Destination": {"ToAddresses": [parcel.to]},
            "Content": {"Raw": {"Data": b64encode(mail).decode()}},
            "EmailTags": [{"Name": "opsbook-message", "Value": mark(parcel.key)}],
        }
        if self.configuration_set:
            body["ConfigurationSetName"] = self.configuration_set
        content = json.dumps(body).encode()
        address = url_of(self.base_url, "v2/email/outbound-emails")
        kind = {"content-type": "application/json"}
        headers = signed("POST", address, content, kind, self.key, self.http.clock.now())
        asking = self.http.request("POST", address, headers=headers, content=content, total_seconds=SEND_SECONDS)
        return taken(await handed_over(asking, VENDOR))

    async def find(self, key: str) -> Receipt | None:
        """What SES took cannot be searched: always None. The ledger does not ask a class D connector."""
        return None


def taken(reply: Reply) -> Receipt:
    """The receipt of a mail that SES took."""
    if not reply.ok:
        raise _meant(reply)
    given = at(peek(reply), "MessageId")
    if not isinstance(given, str) or not given:
        raise Lost("SES took the mail and did not say under which id.")
    return Receipt(given)


def _meant(reply: Reply) -> Refused:
    code = code_of(reply) or f"http_{reply.status}"
    sentence = f"SES refused it ({code})."
    if code in THROTTLES or reply.status == 429:
        if "daily" in said(reply):
            return Refused("quota", "The day's quota of SES is used up.", permanent=False, elsewhere=True)
        return throttled(reply, VENDOR)
    if code == "LimitExceededException":
        return Refused("quota", sentence)
    if code in OUR_ACCOUNT or (code == "MessageRejected" and "not verified" in said(reply)):
        return Refused("account", sentence)
    if code in BAD_CREDENTIALS or reply.status in (401, 403):
        return Refused("credentials", sentence)
    return Refused(code, sentence, elsewhere=code == "NotFoundException")  # the configuration set, which is ours
