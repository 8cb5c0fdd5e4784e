"""Vendors of mail as their documents describe them: strict about requests, and counting what arrived.

`bounce@` is refused for good, `grey@` for now. `lose` makes the next answer get lost after the message was taken;
`refuse` answers the next message with something else.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import parse_qs, urlsplit

from opsbook.sdk.http import Answer, Sent
from opsbook.sdk.testing import json_answer


@dataclass(frozen=True)
class Arrived:
    to: str
    subject: str
    text: str
    html: str | None
    mark: str


@dataclass
class Desk:
    """What the vendors share. A request that breaks the contract fails the test where it is made."""

    arrived: list[Arrived] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    lose: bool = False
    refuse: Answer | Exception | None = None

    def took(self, mail: Arrived, answer: Answer) -> Answer:
        self.arrived.append(mail)
        if self.lose:
            self.lose = False
            raise TimeoutError
        return answer


PARTS = {
    "From",
    "To",
    "Subject",
    "TextPart",
    "HTMLPart",
    "CustomID",
    "TrackClicks",
    "TrackOpens",
    "Headers",
}  # fmt: skip  SandboxMode is none of them: it would send nothing


@dataclass
class MailjetDesk(Desk):
    """Send API v3.1 and the list of messages."""

    user: str = "public"
    password: str = "private"

    def __call__(self, sent: Sent) -> Answer:
        self.sent.append(sent)
        given = base64.b64decode(sent.headers["authorization"].removeprefix("Basic ")).decode()
        if given != f"{self.user}:{self.password}":
            return self._error("mj-0015", 401)
        path = urlsplit(sent.url).path
        if (sent.method, path) == ("GET", "/v3/REST/message"):
            return self._listed(parse_qs(urlsplit(sent.url).query))
        assert (sent.method, path, sent.headers["content-type"]) == ("POST", "/v3.1/send", "application/json")
        body = json.loads(sent.body)
        assert set(body) == {"Messages"}
        (message,) = body["Messages"]
        assert set(message) <= PARTS
        assert {"From", "To", "Subject", "CustomID"} <= set(message)
        if self.refuse is not None:
            return _given(self.refuse)
        (to,) = message["To"]
        if to["Email"].startswith("bounce@"):
            return self._refused("mj-0013", 400, ["To[0].Email"])
        if to["Email"].startswith("grey@"):
            return self._error("mj-0000", 429)
        mail = Arrived(
            to["Email"], message["Subject"], message["TextPart"], message.get("HTMLPart"), message["CustomID"]
        )
        taken = {"Email": to["Email"], "MessageUUID": "uuid", "MessageID": 7000 + len(self.arrived)}
        entry = {"Status": "success", "CustomID": mail.mark, "To": [taken], "Cc": [], "Bcc": []}
        return self.took(mail, json_answer({"Messages": [entry]}))

    def _listed(self, query: dict[str, list[str]]) -> Answer:
        assert query["ShowCustomID"] == ["true"]
        (wanted,) = query["CustomID"]
        rows = [
            {"ID": 7000 + n, "CustomID": one.mark, "Status": "sent"}
            for n, one in enumerate(self.arrived)
            if one.mark == wanted
        ]
        return json_answer({"Count": len(rows), "Data": rows, "Total": len(rows)})

    @staticmethod
    def _error(code: str, status: int) -> Answer:
        said = {"ErrorIdentifier": "x", "ErrorCode": code, "StatusCode": status, "ErrorMessage": "No."}
        return json_answer(said, status)

    @staticmethod
    def _refused(code: str, status: int, related: list[str]) -> Answer:
        return json_answer({"Messages": [mailjet_error((code, status), related=related)]}, status)


def mailjet_error(*codes: tuple[str, int], related: list[str] | None = None) -> dict[str, Any]:
    errors = [
        {"ErrorIdentifier": "x", "ErrorCode": code, "StatusCode": status, "ErrorMessage": "No.",
         "ErrorRelatedTo": related or []}
        for code, status in codes
    ]  # fmt: skip
    return {"Status": "error", "Errors": errors}


@dataclass
class SesDesk(Desk):
    """SendEmail of SES v2, with the members of AWS's own model; the signature is looked at for its form."""

    def __call__(self, sent: Sent) -> Answer:
        self.sent.append(sent)
        proof = sent.headers["authorization"]
        day = sent.headers["x-amz-date"][:8]
        assert proof.startswith(f"AWS4-HMAC-SHA256 Credential=public/{day}/us-east-1/ses/aws4_request, SignedHeaders=")
        assert (sent.method, urlsplit(sent.url).path) == ("POST", "/v2/email/outbound-emails")
        body = json.loads(sent.body)
        assert set(body) == {"FromEmailAddress", "Destination", "Content", "EmailTags"}
        assert set(body["Content"]) == {"Raw"}
        (to,) = body["Destination"]["ToAddresses"]
        (tag,) = body["EmailTags"]
        assert len(tag["Value"]) <= 256
        if self.refuse is not None:
            return _given(self.refuse)
        if to.startswith("bounce@"):
            return ses_error("BadRequestException")
        if to.startswith("grey@"):
            return ses_error("TooManyRequestsException", 429, "Maximum sending rate exceeded.")
        mail = read(base64.b64decode(body["Content"]["Raw"]["Data"]), to, tag["Value"])
        return self.took(mail, json_answer({"MessageId": f"ses-{len(self.arrived)}"}))


def ses_error(code: str, status: int = 400, message: str = "No.") -> Answer:
    return json_answer({"message": message}, status, x_amzn_errortype=f"{code}:http://internal.amazon.com/coral/")


@dataclass
class GmailDesk(Desk):
    """A mailbox: drafts, what was sent, and the two searches. `renames` gives a sent mail another Message-ID."""

    drafts: dict[str, bytes] = field(default_factory=dict)
    headers: list[dict[str, str]] = field(default_factory=list)
    renames: bool = False
    unsearchable: bool = False

    def __call__(self, sent: Sent) -> Answer:
        self.sent.append(sent)
        if sent.headers["authorization"] != "Bearer private":
            return gmail_error("authError", 401)
        path = urlsplit(sent.url).path.removeprefix("/gmail/v1/users/me/")
        if sent.method == "POST" and path == "drafts":
            return self._draft(json.loads(sent.body))
        if sent.method == "POST" and path == "drafts/send":
            return self._send(json.loads(sent.body))
        assert sent.method == "GET"
        if self.unsearchable:
            return gmail_error("insufficientPermissions", 403)
        if path.startswith("drafts/"):
            draft = path.removeprefix("drafts/")
            return json_answer({"id": draft}) if draft in self.drafts else gmail_error("notFound", 404)
        query = parse_qs(urlsplit(sent.url).query)
        return self._listed(query) if path == "messages" else self._shown(path.removeprefix("messages/"), query)

    def _draft(self, body: dict[str, Any]) -> Answer:
        assert set(body) == {"message"}
        assert set(body["message"]) == {"raw"}
        raw = base64.urlsafe_b64decode(body["message"]["raw"])
        to = str(message_from_bytes(raw, policy=policy.default)["To"])
        if to.startswith("bounce@"):
            return gmail_error("invalidArgument", 400)
        if to.startswith("grey@"):
            return gmail_error("userRateLimitExceeded", 403)
        self.drafts[f"r{len(self.sent)}"] = raw
        return json_answer({"id": f"r{len(self.sent)}", "message": {"id": "m"}})

    def _send(self, body: dict[str, Any]) -> Answer:
        assert set(body) == {"id"}
        if self.refuse is not None:
            return _given(self.refuse)
        raw = self.drafts.pop(body["id"])
        mail = message_from_bytes(raw, policy=policy.default)
        told = {"Message-ID": str(mail["Message-ID"]), "X-Opsbook-Message": str(mail["X-Opsbook-Message"])}
        self.headers.append({**told, "Message-ID": "<new@mail.example.com>"} if self.renames else told)
        arrived = read(raw, str(mail["To"]), told["X-Opsbook-Message"])
        return self.took(arrived, json_answer({"id": f"g{len(self.arrived)}", "labelIds": ["SENT"]}))

    def _listed(self, query: dict[str, list[str]]) -> Answer:
        assert query["labelIds"] == ["SENT"]
        (wanted,) = query["q"]
        kind, _, what = wanted.partition(":")
        assert kind in ("rfc822msgid", "after")
        ids = [f"g{n}" for n, one in enumerate(self.headers) if kind == "after" or one["Message-ID"] == f"<{what}>"]
        start = int(query.get("pageToken", ["0"])[0])
        more = {"nextPageToken": str(start + 100)} if start + 100 < len(ids) else {}
        shown = {"messages": [{"id": one} for one in ids[start : start + 100]]} if ids else {}
        return json_answer({**shown, **more, "resultSizeEstimate": len(ids)})

    def _shown(self, one: str, query: dict[str, list[str]]) -> Answer:
        assert query == {"format": ["metadata"]}
        headers = [{"name": name, "value": value} for name, value in self.headers[int(one[1:])].items()]
        return json_answer({"id": one, "labelIds": ["SENT"], "payload": {"headers": headers}})


def gmail_error(reason: str, status: int) -> Answer:
    said = {"message": "No.", "domain": "global", "reason": reason}
    return json_answer({"error": {"code": status, "message": "No.", "errors": [said]}}, status)


def read(raw: bytes, to: str, mark: str) -> Arrived:
    """A mail as a receiver reads it; the address on the envelope is the one in the mail."""
    mail = message_from_bytes(raw, policy=policy.default)
    assert str(mail["To"]) == to
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return Arrived(
        to, str(mail["Subject"]), plain.get_content().strip(), html.get_content().strip() if html else None, mark
    )


def _given(answer: Answer | Exception) -> Answer:
    if isinstance(answer, Exception):
        raise answer
    return answer
